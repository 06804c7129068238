import { availableParallelism, cpus } from "node:os";
import { TABLE_WORD, type Trace } from "../../../compiler/backends/wasm/index.js";
import type { Kernel } from "../../../compiler/ir/index.js";
import { type BundleSource, bundleFolder, type TypedKernels, typedBundle } from "../../bundle/index.js";
import { Captured, type Freeable } from "../captured.js";
import { CLOSE_LIMIT, neverEnded } from "../closing.js";
import type {
  Device,
  DeviceBuffer,
  DeviceTraits,
  FileCopy,
  LoadedBundle,
  LoadOptions,
  UploadOptions,
} from "../device.js";
import { DeviceError } from "../errors.js";
import { checkReservation } from "../growth.js";
import { bytesOf, requireUnchanged } from "../host-bytes.js";
import { foreignBuffer, requireView } from "../shown.js";
import { AddressTable } from "./addresses.js";
import { type Allocation, CpuBuffer } from "./buffer.js";
import { kernelsFromIr, loadBundle } from "./bundle.js";
import { type CheckedOptions, Checks, checkedByEnvironment, tracedByEnvironment } from "./checked/checks.js";
import { type Compiled, KernelRegistry } from "./compiled.js";
import { COMMAND, CONTROL, type Command } from "./control.js";
import { explainFault } from "./explain.js";
import { CpuGraph, type Recorded } from "./graph.js";
import { CpuGrowable } from "./growable.js";
import type { Heap } from "./heap.js";
import type { CpuLaunch } from "./kernel.js";
import { CpuMirror } from "./mirror.js";
import { printedLines } from "./printed.js";
import { Queue, type QueueHost } from "./queue.js";
import { SharedMemory } from "./shared-memory.js";
import { uploadFiles } from "./uploads.js";
import { WasmFolder, type WasmStore } from "./wasm-store.js";

export interface CpuOptions {
  /** Worker threads. Default: TILESCRIPT_CPU_THREADS, else as many as there are processors. */
  readonly threads?: number;
  /** Where compiled kernels are kept between starts; null keeps none. Default: the user's cache folder. */
  readonly store?: WasmStore | null;
  /**
   * Takes each line that devicePrint prints, without its end, once the program has waited for the launch. Default: standard output, where a GPU
   * prints too.
   */
  readonly print?: (line: string) => void;
  /** Milliseconds that close() leaves to queued work that does not get on. Default 10,000. */
  readonly closeLimit?: number;
  /**
   * Looks for memory that is read before anybody has written it, programs of one launch that race, and arguments that a GPU refuses; slower.
   * Default: what TILESCRIPT_CHECKED and TILESCRIPT_ORDER say.
   */
  readonly checked?: boolean | CheckedOptions;
  /** Prints the values on a line of a kernel's source. Default: what TILESCRIPT_TRACE says. */
  readonly trace?: Trace;
  /**
   * A device that is open, whose memory this one has too, with a queue and workers of its own: `lend` gives kernels of one a buffer of the other.
   * Neither can be checked. Default: memory of its own.
   */
  readonly beside?: CpuDevice;
  /** Instead of its own, to try on it what suits another device. @internal */
  readonly traits?: Partial<DeviceTraits>;
}

const writeLine = (line: string): void => void process.stdout.write(`${line}\n`);

function threadCount(wanted: number | undefined): number {
  const named = process.env.TILESCRIPT_CPU_THREADS;
  const threads = wanted ?? (named ? Number(named) : availableParallelism());
  if (Number.isInteger(threads) && threads >= 1 && threads <= CONTROL.maxWorkers) return threads;
  const what = wanted === undefined ? `TILESCRIPT_CPU_THREADS is ${JSON.stringify(named)}` : `threads is ${wanted}`;
  throw new DeviceError(`${what}: it must be a whole number from 1 to ${CONTROL.maxWorkers}.`);
}

/** Short pieces of work, since nothing is gained by long ones; memory is the system's until it is used. */
const TRAITS: DeviceTraits = {
  tiles: "cpu",
  matrixRows: 1,
  promptTokens: 128,
  windowedTokens: 64,
  quantizedFrom: Number.POSITIVE_INFINITY,
  stepsAhead: 0,
  togetherFrom: 6,
  programsEach: 8,
  page: 0,
  longestContext: 32 << 10,
  reach: " (of 4 GiB, which is all that it reaches)",
};

/** The CPU executor: kernels as WebAssembly on worker threads, over one shared memory of at most 4 GiB. */
export class CpuDevice implements Device {
  readonly kind = "cpu";
  readonly name: string;
  readonly arch = 0;
  readonly processors: number;
  readonly traits: DeviceTraits;
  readonly #shared: SharedMemory;
  readonly queue: Queue;
  readonly kernels: KernelRegistry;
  /** Null where nothing is looked for but accesses out of bounds. */
  readonly checks: Checks | null;
  readonly #allocations = new Set<Allocation>();
  readonly #lent = new Set<Allocation>();
  readonly #addresses: AddressTable;
  /** Counts up with every buffer made. */
  #made = 0;
  #recording: { readonly steps: Recorded[]; readonly captured: Captured } | null = null;
  #mirrors = 0;
  #stamps: number | null = null;
  readonly #closeLimit: number;
  #closed = false;

  static async open(options: CpuOptions = {}): Promise<CpuDevice> {
    return new CpuDevice(options);
  }

  private constructor(options: CpuOptions) {
    const { threads, store, print = writeLine, closeLimit = CLOSE_LIMIT, checked, trace, traits, beside } = options;
    this.traits = { ...TRAITS, ...traits };
    const checking = checked === undefined ? checkedByEnvironment(process.env) : checked;
    if (beside?.closed) throw new DeviceError("A device was to be opened beside one that is closed.");
    if (beside && (checking || beside.checks))
      throw new DeviceError("A checked device knows nothing of what others write: open none beside it.", {
        hint: "Leave checked and TILESCRIPT_CHECKED out, or use one device.",
      });
    this.#shared = beside ? beside.#shared : new SharedMemory();
    const base = this.#shared.takeBase();
    this.#shared.devices.add(this);
    this.checks = checking ? new Checks(checking === true ? {} : checking, this.heap.limit) : null;
    this.#closeLimit = closeLimit;
    this.processors = threadCount(threads);
    const processor = cpus()[0]?.model.trim() || process.arch;
    this.name = `CPU executor (${processor}, ${this.processors} thread${this.processors === 1 ? "" : "s"})`;
    const host: QueueHost = {
      explain: (fault) => explainFault(fault, this.kernels.info(fault.kernel), this.heap.memory),
      print: ({ kernel, printed }) => printedLines(this.kernels.info(kernel)!, printed).forEach(print),
    };
    this.queue = new Queue(this.heap, base, this.processors, host, this.checks?.work ?? null);
    this.#addresses = new AddressTable(this.heap, this.queue);
    this.kernels = new KernelRegistry(
      this.queue,
      store === undefined ? new WasmFolder() : store,
      {
        ...this.checks?.kernels,
        trace: trace ?? tracedByEnvironment(process.env),
      },
      this.#shared.modules,
    );
  }

  get heap(): Heap {
    return this.#shared.heap;
  }

  get freedBuffers(): number {
    return this.#shared.freedBuffers;
  }

  set freedBuffers(count: number) {
    this.#shared.freedBuffers = count;
  }

  get grownBuffers(): number {
    return this.#shared.grownBuffers;
  }

  set grownBuffers(count: number) {
    this.#shared.grownBuffers = count;
  }

  memory(): { readonly total: number; readonly free: number } {
    this.queue.reclaim();
    return { total: this.heap.limit, free: this.heap.free };
  }

  alloc(bytes: number): CpuBuffer {
    this.#requireOpen();
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new DeviceError(`Cannot allocate ${bytes} bytes.`);
    this.queue.reclaim();
    const allocation = this.#own(this.heap.take(bytes), bytes, bytes);
    this.checks?.allocated(allocation.start, bytes);
    return new CpuBuffer(this, allocation, allocation.start, bytes, true);
  }

  /** Takes the addresses from the heap at once: nothing else can lie there. The memory is the system's until it is committed. */
  reserve(maxBytes: number): CpuGrowable {
    this.#requireOpen();
    checkReservation(maxBytes);
    this.queue.reclaim();
    return new CpuGrowable(this, this.#own(this.heap.reserve(maxBytes), maxBytes, 0));
  }

  /** Frees an allocation once; queued work may still use its memory. */
  release(allocation: Allocation): void {
    if (allocation.freed) return;
    allocation.freed = true;
    this.freedBuffers++;
    this.#allocations.delete(allocation);
    let left = allocation.users.size;
    for (const user of allocation.users) {
      user.#lent.delete(allocation);
      user.queue.afterwards(() => {
        if (--left === 0) this.heap.give(allocation.start, allocation.bytes);
      });
    }
  }

  /**
   * A buffer of this device or of one beside it, for kernels of this one: the same memory at the same address, with the same bounds. What frees it is
   * the buffer. Throws DeviceError for one of any other device.
   */
  lend(buffer: DeviceBuffer): CpuBuffer {
    this.#requireOpen();
    if (!(buffer instanceof CpuBuffer) || buffer.device.#shared !== this.#shared) throw foreignBuffer(buffer, this);
    const { allocation, start, bytes } = buffer;
    buffer.requireRange(0, bytes);
    if (!allocation.users.has(this)) {
      allocation.users.add(this);
      this.#lent.add(allocation);
      this.#made++;
    }
    if (buffer instanceof CpuGrowable) return new CpuGrowable(this, allocation, false);
    return new CpuBuffer(this, allocation, start, bytes, false);
  }

  async write(to: DeviceBuffer, data: ArrayBufferView): Promise<void> {
    requireView(data);
    const bytes = bytesOf(data);
    const length = data.byteLength;
    const { start } = this.#use(to, length, "write");
    if (!this.queue.idle) await this.queue.passed();
    requireUnchanged(bytes, length, "written");
    this.heap.bytes.set(bytes, start);
    this.checks?.written(start, length);
  }

  async upload(copies: readonly FileCopy[], options: UploadOptions = {}): Promise<void> {
    this.requireIdle("upload");
    await uploadFiles([...copies], {
      ...options,
      target: ({ to, bytes }) => {
        const { start } = this.#use(to, bytes, "upload");
        this.checks?.written(start, bytes);
        return start;
      },
      ready: () => (this.queue.idle ? Promise.resolve() : this.queue.passed()),
      heap: this.heap,
    });
  }

  async read(from: DeviceBuffer, into: ArrayBufferView): Promise<void> {
    requireView(into);
    const target = bytesOf(into);
    const { byteLength } = target;
    const { start } = this.#use(from, byteLength, "read");
    await this.queue.passed();
    requireUnchanged(target, byteLength, "read");
    target.set(this.heap.bytes.subarray(start, start + byteLength));
  }

  copy(to: DeviceBuffer, from: DeviceBuffer, bytes: number): void {
    const [target, source] = [this.own(to), this.own(from)];
    target.requireRange(0, bytes);
    source.requireRange(0, bytes);
    if (bytes > 0)
      this.issue(
        { kind: COMMAND.copy, id: 0, block: source.start, total: bytes, to: target.start, value: 0 },
        target,
        source,
      );
  }

  fill(to: DeviceBuffer, byte: number): void {
    const target = this.own(to);
    target.requireRange(0, target.bytes);
    if (target.bytes > 0)
      this.issue(
        { kind: COMMAND.fill, id: 0, block: target.start, total: target.bytes, to: 0, value: byte & 255 },
        target,
      );
  }

  mirror(bytes: number): CpuMirror {
    this.#requireOpen();
    return new CpuMirror(this, this.#mirrors++, bytes);
  }

  async load<Module extends object = object>(
    source: BundleSource<Module>,
    { only }: LoadOptions = {},
  ): Promise<LoadedBundle & TypedKernels<Module>> {
    this.#requireOpen();
    return typedBundle<Module>(await loadBundle(this, bundleFolder(source), only));
  }

  /** Kernels straight from typed IR, one for each choice of dtypes, without a bundle on disk. */
  loadKernels<Module extends object = object>(kernels: readonly Kernel[]): LoadedBundle & TypedKernels<Module> {
    this.#requireOpen();
    return typedBundle<Module>(kernelsFromIr(this, kernels));
  }

  capture(record: () => void): CpuGraph {
    this.#requireOpen();
    if (this.#recording) throw new DeviceError("A capture is under way already: captures do not nest.");
    const recorded = { steps: [], captured: new Captured() };
    this.#recording = recorded;
    try {
      record();
    } finally {
      this.#recording = null;
    }
    return new CpuGraph(this, recorded.steps, recorded.captured);
  }

  async time(work: () => void): Promise<number> {
    this.requireIdle("time");
    this.#stamps ??= this.heap.take(16);
    const start = this.#stamps;
    const stamp = (block: number): Command => ({ kind: COMMAND.stamp, id: 0, block, total: 1, to: 0, value: 0 });
    this.issue(stamp(start));
    work();
    this.issue(stamp(start + 8));
    await this.queue.passed();
    const [from, to] = new BigInt64Array(this.heap.memory.buffer, start, 2);
    return Number(to! - from!) / 1e6;
  }

  /** Resolves when everything queued so far has finished. */
  async passed(): Promise<void> {
    this.requireIdle("arrived");
    await this.queue.passed();
  }

  synchronize(): Promise<void> {
    return this.passed();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Ends the workers. Where work is queued that nobody waits for, it runs first, and what goes wrong in it is an unhandled rejection. A kernel
   * that never ends is one too, and is broken off, when nothing has got on for `closeLimit`.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const allocation of this.#allocations) this.release(allocation);
    this.#shared.devices.delete(this);
    this.queue.close(this.#closeLimit, () => neverEnded(this.name, this.#closeLimit));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The buffer as one of this device. */
  own(buffer: DeviceBuffer): CpuBuffer {
    this.#requireOpen();
    if (buffer instanceof CpuBuffer && buffer.device === this) return buffer;
    throw foreignBuffer(buffer, this);
  }

  /** Queues a launch, or records it. */
  submit(launch: CpuLaunch): void {
    this.#requireOpen();
    const step: Recorded = { kind: "launch", ...launch.snapshot() };
    if (this.#recording) {
      this.#recording.steps.push(step);
      this.#recording.captured.addArguments(launch.args);
    } else this.enqueue(step);
  }

  /** Queues a command, or records it and what it uses. */
  issue(command: Command, ...uses: readonly Freeable[]): void {
    this.#requireOpen();
    if (this.#recording) {
      this.#recording.steps.push({ kind: "plain", command });
      this.#recording.captured.add(...uses);
    } else this.queue.push(command);
  }

  enqueue(step: Recorded): void {
    if (step.kind === "plain") {
      this.queue.push(step.command);
      return;
    }
    const { compiled, words, command } = step;
    const waiting = compiled.ready ? null : compiled.promise;
    this.queue.pushLaunch(waiting, command, (address) => {
      new Uint32Array(this.heap.memory.buffer, address, words.length).set(words);
      this.tell(compiled, address);
    });
  }

  /** Says in the arguments of a kernel that makes pointers from addresses which buffers there are now. */
  tell({ ready }: Compiled, block: number): void {
    if (!ready?.info.addresses) return;
    const state = this.#made + this.freedBuffers + this.grownBuffers;
    const table = this.#addresses.place([...this.#allocations, ...this.#lent], state);
    new Uint32Array(this.heap.memory.buffer, block, TABLE_WORD + 1)[TABLE_WORD] = table;
  }

  /** Throws DeviceError in a capture, for what would have to wait. */
  requireIdle(verb: string): void {
    this.#requireOpen();
    if (this.#recording)
      throw new DeviceError(
        `Inside capture nothing can wait: call ${verb} outside, or use copy, fill or Mirror.copyFrom.`,
      );
  }

  #own(start: number, bytes: number, committed: number): Allocation {
    const allocation = { start, bytes, committed, freed: false, users: new Set<CpuDevice>([this]) };
    this.#allocations.add(allocation);
    this.#made++;
    return allocation;
  }

  #use(buffer: DeviceBuffer, bytes: number, verb: string): CpuBuffer {
    const own = this.own(buffer);
    this.requireIdle(verb);
    own.requireRange(0, bytes);
    return own;
  }

  #requireOpen(): void {
    if (this.#closed) throw new DeviceError(`${this.name} was used after it was closed.`);
  }
}

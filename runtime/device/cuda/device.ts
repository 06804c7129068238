import { availableParallelism } from "node:os";
import { type BundleSource, bundleFolder, type TypedKernels, typedBundle } from "../../bundle/index.js";
import {
  type Context,
  type DeviceFacts,
  type DriverAvailable,
  type FileToMemory,
  type Memory,
  type Module,
  openDriver,
  type PinnedMemory,
  type Stream,
} from "../../native/index.js";
import { requireInFile, requireUnchangedFiles } from "../../weights/reading.js";
import { Captured } from "../captured.js";
import { CLOSE_LIMIT, neverEnded } from "../closing.js";
import type {
  Device,
  DeviceBuffer,
  FileCopy,
  GrowableBuffer,
  LoadedBundle,
  LoadOptions,
  ReserveOptions,
  UploadOptions,
} from "../device.js";
import { DeviceError, OutOfMemoryError, UnavailableError } from "../errors.js";
import { checkReservation } from "../growth.js";
import { bytesOf } from "../host-bytes.js";
import { foreignBuffer, requireView } from "../shown.js";
import { Arrivals } from "./arrivals.js";
import { type Allocation, type AllocationKind, CudaBuffer } from "./buffer.js";
import { loadBundle } from "./bundle.js";
import { CudaGraph } from "./graph.js";
import { CudaGrowable, CudaWhole, DEFAULT_STEP, isOutOfMemory } from "./growable.js";
import { Handles } from "./handles.js";
import { LargeCopies } from "./large-copies.js";
import { endLoans, Loans } from "./loans.js";
import { CudaMirror } from "./mirror.js";
import { Staging } from "./staging.js";
import { CUDA_TRAITS } from "./traits.js";
import { Uploads } from "./uploads.js";

export interface CudaOptions {
  /** Which GPU, as the driver counts them (CUDA_VISIBLE_DEVICES applies). Default 0. */
  readonly ordinal?: number;
  /** Milliseconds that close() leaves to queued work. Default 10,000. */
  readonly closeLimit?: number;
}

/**
 * How files are read for the GPU. One thread copies from the page cache at a fraction of the bus's speed, so most of the processors do. The
 * slots, 48 MiB at most, are just enough for the copy engine never to wait: pinning takes time too, and small slots stay in the processor's cache.
 */
const UPLOAD = { threads: Math.min(12, availableParallelism()), slotsPerThread: 2, slotBytes: 2 << 20 };

/** Devices that were never closed. Those that nobody else holds may go. */
const open = new Set<WeakRef<CudaDevice>>();
let listens = false;

/** Gives what takes the device off the list again. */
function closeAtTheEnd(device: CudaDevice): () => void {
  const one = new WeakRef(device);
  open.add(one);
  if (!listens) process.on("beforeExit", () => open.forEach((each) => void each.deref()?.closeIfBusy()));
  listens = true;
  return () => void open.delete(one);
}

/** An NVIDIA GPU. */
export class CudaDevice implements Device {
  readonly kind = "cuda";
  readonly name: string;
  readonly arch: number;
  readonly processors: number;
  readonly traits = CUDA_TRAITS;
  readonly facts: DeviceFacts;
  readonly driver: DriverAvailable;
  readonly context: Context;
  /** Where all work is queued. */
  readonly stream: Stream;
  /** Counts up with every buffer freed, so that a launch need not look at each of its own. */
  freedBuffers = 0;
  readonly handles = new Handles();
  /** What its kernels were given of other devices' memory. */
  readonly loans = new Loans(this);
  readonly #arrivals: Arrivals;
  readonly #staging: Staging;
  readonly #largeCopies: LargeCopies;
  readonly #uploads: Uploads;
  readonly #allocations = new Set<Allocation>();
  readonly #modules = new Map<string, Promise<Module>>();
  /** What the graph that is being recorded uses, while one is. */
  captured: Captured | undefined;
  readonly #closeLimit: number;
  /** Takes it off the list of those to close at the end. */
  readonly #forget: () => void;
  #closed = false;

  /** Throws UnavailableError where there is no add-on, driver or GPU, and CudaError where the GPU cannot be used. */
  static open({ ordinal = 0, closeLimit = CLOSE_LIMIT }: CudaOptions = {}): CudaDevice {
    const driver = openDriver();
    if (!driver.available) throw new UnavailableError(driver);
    const context = new driver.addon.Context(ordinal);
    try {
      return new CudaDevice(driver, context, driver.addon.describeDevice(ordinal), closeLimit);
    } catch (error) {
      context.destroy();
      throw error;
    }
  }

  private constructor(driver: DriverAvailable, context: Context, facts: DeviceFacts, closeLimit: number) {
    const { addon } = driver;
    this.#closeLimit = closeLimit;
    this.#forget = closeAtTheEnd(this);
    this.driver = driver;
    this.facts = facts;
    this.name = facts.name;
    this.arch = facts.computeMajor * 10 + facts.computeMinor;
    this.processors = facts.multiprocessors;
    this.context = context;
    this.stream = this.handles.add(new addon.Stream(context));
    this.#arrivals = new Arrivals(this.stream, () => this.handles.add(new addon.Event(context, false)));
    this.#staging = new Staging(this.stream, this.#arrivals, (bytes) => this.#pin(bytes));
    this.#largeCopies = new LargeCopies(this.stream, this.#arrivals, (bytes) => this.#pin(bytes));
    const { threads, slotsPerThread, slotBytes } = UPLOAD;
    this.#uploads = new Uploads(
      () => this.handles.add(new addon.Uploader(context, threads, slotsPerThread, slotBytes)),
      () => new addon.Transfer(),
    );
  }

  /** The card by name and place, where there are several of a kind. */
  get label(): string {
    return `${this.name} (GPU ${this.facts.ordinal})`;
  }

  memory(): { readonly total: number; readonly free: number } {
    return this.context.memory();
  }

  alloc(bytes: number): CudaBuffer {
    this.requireOpen();
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new DeviceError(`Cannot allocate ${bytes} bytes.`);
    return new CudaBuffer(this, this.#allocate(bytes), 0, bytes, true);
  }

  reserve(maxBytes: number, { step = DEFAULT_STEP }: ReserveOptions = {}): GrowableBuffer {
    this.requireOpen();
    checkReservation(maxBytes);
    if (!Number.isSafeInteger(step) || step < 1)
      throw new DeviceError(`Cannot commit memory in steps of ${step} bytes.`);
    if (!this.facts.virtualMemory) return new CudaWhole(this, this.#allocate(maxBytes), 0, maxBytes, true);
    const memory = new this.driver.addon.GrowableMemory(this.context, this.stream, Math.max(maxBytes, 1));
    return new CudaGrowable(this, this.adopt(memory), memory, maxBytes, step);
  }

  /** Takes charge of memory: it goes when it is released, and with the device. */
  adopt(memory: Memory, kind: AllocationKind = {}): Allocation {
    const allocation = { ...kind, memory, freed: false, lentTo: new Set<CudaDevice>() };
    this.#allocations.add(allocation);
    return allocation;
  }

  /** Frees an allocation once; later uses of it are errors, also by devices that it was lent to. */
  release(allocation: Allocation): void {
    if (allocation.freed) return;
    endLoans(allocation);
    allocation.freed = true;
    this.freedBuffers++;
    this.#allocations.delete(allocation);
    this.#letGoOf(allocation);
  }

  /**
   * A buffer of another CUDA device, for kernels of this one: the same memory at the same address, as long as the buffer is. Freed there, and there
   * only; queued work of this device keeps the memory. Throws DeviceError that names both devices where this one cannot reach the other's memory.
   */
  lend(buffer: DeviceBuffer): CudaBuffer {
    this.requireOpen();
    if (buffer instanceof CudaBuffer) return this.loans.lend(buffer);
    throw foreignBuffer(buffer, this);
  }

  async write(to: DeviceBuffer, data: ArrayBufferView): Promise<void> {
    requireView(data);
    const target = this.#use(to, data.byteLength, "write");
    const { memory } = target.allocation;
    if (data.byteLength <= Staging.limit) this.#staging.write(memory, target.offset, bytesOf(data));
    else await this.#largeCopies.write(memory, target.offset, bytesOf(data));
  }

  async upload(copies: readonly FileCopy[], options: UploadOptions = {}): Promise<void> {
    this.requireIdle("upload");
    const wanted = [...copies];
    const plan = () => wanted.map((copy) => this.#planned(copy));
    plan();
    options.signal?.throwIfAborted();
    await this.#uploads.upload(wanted, plan, this.#settled(), options);
    requireUnchangedFiles(wanted);
  }

  async read(from: DeviceBuffer, into: ArrayBufferView): Promise<void> {
    requireView(into);
    const source = this.#use(from, into.byteLength, "read");
    const { memory } = source.allocation;
    const copies = into.byteLength <= Staging.limit ? this.#staging : this.#largeCopies;
    await copies.read(memory, source.offset, bytesOf(into));
  }

  copy(to: DeviceBuffer, from: DeviceBuffer, bytes: number): void {
    const target = this.own(to);
    const source = this.own(from);
    target.requireRange(0, bytes);
    source.requireRange(0, bytes);
    this.captured?.add(target, source);
    this.stream.copy(target.allocation.memory, target.offset, source.allocation.memory, source.offset, bytes);
  }

  fill(to: DeviceBuffer, byte: number): void {
    const target = this.own(to);
    target.requireRange(0, target.bytes);
    this.captured?.add(target);
    this.stream.fill(target.allocation.memory, target.offset, target.bytes, byte & 255);
  }

  mirror(bytes: number): CudaMirror {
    this.requireOpen();
    return new CudaMirror(this, this.#pin(Math.max(bytes, 1)), bytes);
  }

  async load<Module extends object = object>(
    source: BundleSource<Module>,
    options: LoadOptions = {},
  ): Promise<LoadedBundle & TypedKernels<Module>> {
    this.requireOpen();
    return typedBundle<Module>(await loadBundle(this, bundleFolder(source), options));
  }

  /** The module of a cubin or PTX, by the hash of its bytes: each is loaded once. */
  module(sha256: string, read: () => Promise<Uint8Array>): Promise<Module> {
    const known = this.#modules.get(sha256);
    if (known) return known;
    const loading = read().then((image) => this.driver.addon.Module.load(this.context, image));
    this.#modules.set(sha256, loading);
    loading.catch(() => this.#modules.delete(sha256));
    return loading;
  }

  capture(record: () => void): CudaGraph {
    this.requireOpen();
    if (this.captured) throw new DeviceError("A capture is under way already: captures do not nest.");
    this.stream.beginCapture();
    const captured = new Captured();
    this.captured = captured;
    try {
      record();
    } catch (error) {
      this.#abandonCapture();
      throw error;
    }
    this.captured = undefined;
    using graph = this.stream.endCapture();
    const exec = this.handles.add(graph.instantiate());
    exec.upload(this.stream);
    return new CudaGraph(this, exec, captured, graph.nodes().kernels);
  }

  async time(work: () => void): Promise<number> {
    this.requireIdle("time");
    using start = new this.driver.addon.Event(this.context, true);
    using end = new this.driver.addon.Event(this.context, true);
    this.stream.record(start);
    work();
    this.stream.record(end);
    await this.#arrivals.mark();
    return end.elapsedSince(start);
  }

  /** Resolves when everything queued so far has finished. */
  async arrived(): Promise<void> {
    this.requireIdle("arrived");
    await this.#arrivals.mark();
  }

  synchronize(): Promise<void> {
    return this.arrived();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Frees what belongs to the device, at once where nothing is queued. Else the driver would wait for the work in whatever frees memory, so
   * that is done when it has ended, and the process stays alive until then. A kernel that never ends is given up after `closeLimit`: what the
   * device has stays taken until the process ends, which is an unhandled rejection. Promises under way still settle.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    for (const allocation of this.#allocations) {
      endLoans(allocation);
      allocation.freed = true;
    }
    if (this.#hasEnded()) this.#letGo();
    else void this.#letGoLater();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The buffer as one of this device. */
  own(buffer: DeviceBuffer): CudaBuffer {
    this.requireOpen();
    if (buffer instanceof CudaBuffer && buffer.device === this) return buffer;
    throw foreignBuffer(buffer, this);
  }

  /** Throws DeviceError in a capture, for what would have to wait. */
  requireIdle(verb: string): void {
    this.requireOpen();
    if (this.captured)
      throw new DeviceError(
        `Inside capture nothing can wait: call ${verb} outside, or use copy, fill or Mirror.copyFrom.`,
      );
  }

  /** For a program that ends without close(): where something still runs, what Node frees then would wait for it, for ever if need be. */
  closeIfBusy(): void {
    if (!this.#closed && !this.#hasEnded()) this.close();
  }

  /** Whether nothing is queued, or nothing runs any more after an error. */
  #hasEnded(): boolean {
    try {
      return this.stream.done();
    } catch {
      return true;
    }
  }

  async #letGoLater(): Promise<void> {
    const until = performance.now() + this.#closeLimit;
    let ended = false;
    for (let pause = 1; !ended && performance.now() < until; pause = Math.min(2 * pause, 50)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      ended = this.#hasEnded();
    }
    if (!ended) this.context.abandon();
    this.#letGo();
    if (!ended) throw neverEnded(this.name, this.#closeLimit);
  }

  #letGo(): void {
    for (const { memory } of this.#allocations) memory.destroy();
    this.#allocations.clear();
    this.handles.destroyAll();
    for (const module of this.#modules.values()) module.then((loaded) => loaded.destroy()).catch(() => undefined);
    this.context.destroy();
  }

  #allocate(bytes: number): Allocation {
    // The driver refuses an empty allocation; an empty buffer still wants an address of its own.
    return this.adopt(this.#explained(bytes, () => new this.driver.addon.Memory(this.context, Math.max(bytes, 1))));
  }

  /** Behind queued work, where the driver would wait for that. A capture cannot be waited for: then it goes with the device. */
  #letGoOf({ memory, waits }: Allocation): void {
    const destroy = () => memory.destroy();
    if (!waits || (!this.captured && this.#hasEnded())) {
      destroy();
      return;
    }
    this.handles.add(memory);
    if (this.captured) return;
    void this.#arrivals.mark().then(destroy, destroy);
  }

  #pin(bytes: number): PinnedMemory {
    return this.handles.add(new this.driver.addon.PinnedMemory(this.context, bytes));
  }

  #use(buffer: DeviceBuffer, bytes: number, verb: string): CudaBuffer {
    const own = this.own(buffer);
    this.requireIdle(verb);
    own.requireRange(0, bytes);
    return own;
  }

  /** The copy as the add-on takes it. Throws ModelError and DeviceError where file or buffer are gone or too small. */
  #planned(copy: FileCopy): FileToMemory {
    requireInFile(copy);
    const { allocation, offset } = this.#use(copy.to, copy.bytes, "upload");
    return {
      to: allocation.memory,
      toOffset: offset,
      file: copy.file.descriptor,
      offset: copy.offset,
      bytes: copy.bytes,
    };
  }

  /** Throws DeviceError where the device is closed. */
  requireOpen(): void {
    if (this.#closed) throw new DeviceError(`${this.name} was used after it was closed.`);
  }

  #settled(): Promise<void> {
    return this.stream.done() ? Promise.resolve() : this.#arrivals.mark();
  }

  #abandonCapture(): void {
    this.captured = undefined;
    try {
      this.stream.endCapture().destroy();
    } catch {
      // The error that broke the recording off says more than that its rest is no graph.
    }
  }

  /** Says in an out-of-memory error what was free. */
  #explained<Result>(bytes: number, allocate: () => Result): Result {
    try {
      return allocate();
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      throw new OutOfMemoryError({ wanted: bytes, ...this.memory() }, { cause: error });
    }
  }
}

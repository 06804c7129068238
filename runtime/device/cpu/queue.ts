import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { TABLE_WORD } from "../../../compiler/backends/wasm/index.js";
import { ownOptions } from "../../worker-options.js";
import { DeviceError } from "../errors.js";
import type { CheckedWork } from "./checked/checks.js";
import { BLOCK_BYTES, BLOCKS_START, COMMAND, CONTROL, type Command, FAULT, HEAP_START, SLOT } from "./control.js";
import type { Heap } from "./heap.js";

/** What a worker wrote about the kernel that failed. */
export interface Fault {
  readonly kind: number;
  readonly kernel: number;
  readonly site: number;
  readonly base: number;
  readonly element: number;
  readonly program: readonly [number, number, number];
  /** Address of the launch's arguments. */
  readonly block: number;
  readonly text: string;
}

/** What the programs of one chunk of a launch have printed. */
export interface Printed {
  /** Number of the launch among all commands. */
  readonly command: number;
  /** The chunk's first program. */
  readonly first: number;
  readonly kernel: number;
  readonly printed: readonly PrintedValue[];
}

export type PrintedValue = readonly [
  site: number,
  number: number,
  element: number,
  value: number | bigint,
  program: readonly [number, number, number],
];

/** What a queue tells whoever has it. */
export interface QueueHost {
  explain(fault: Fault): Error;
  print(printed: Printed): void;
}

interface Waiting {
  /** Commands before its signal. */
  after: number;
  readonly signal: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** A command that is not in the ring yet: it waits for its kernel to be compiled, or for room. */
interface Pending {
  readonly ready: Promise<unknown> | null;
  make(): Command;
  readonly fill: ((address: number) => void) | null;
}

type WaitAsync = (words: Int32Array, at: number, value: number) => { async: boolean; value: Promise<string> | string };

// Not in the library that TypeScript is set to: it came with ES2024, and Node has had it since 16.
const { waitAsync } = Atomics as unknown as { waitAsync: WaitAsync };

/** Chunks that a launch is cut into for each worker: enough for the faster one to take over from the slower. */
const CHUNKS_PER_WORKER = 64;
const MOST_CHUNKS = (1 << CONTROL.chunkBits) - 1;
/** Bytes of a copy or fill that one worker does at a time. */
const COPY_CHUNK = 1 << 20;
/** Slots kept free for signals. */
const RESERVE = 64;

/** Worker threads and the commands they run one after another, each by all of them together. */
export class Queue {
  readonly threads: number;
  readonly #heap: Heap;
  /** Where its words are in the memory. */
  readonly #base: number;
  readonly #words: Int32Array;
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  readonly #host: QueueHost;
  readonly #checked: boolean;
  readonly #waiting: Waiting[] = [];
  #pending: Pending[] = [];
  #closed = false;
  #pumping = false;
  #watching = false;
  #enqueued = 0;
  #signals = 0;
  /** Why a launch could not be queued, and how many commands were before it. */
  #failure: { readonly error: unknown; readonly after: number } | undefined;
  /** Messages about what was printed: those that were received, and those of launches that still run. */
  #received = 0;
  #printed: Printed[] = [];
  #frameBytes = 0;
  #frames: number[] = [];
  #retired: { after: number; give(): void }[] = [];
  #running: number;

  /**
   * @param base where its words and blocks are in the memory, HEAP_START bytes of zeros
   * @param checks what workers look for besides running kernels; null for nothing
   */
  constructor(heap: Heap, base: number, threads: number, host: QueueHost, checks: CheckedWork | null) {
    this.#heap = heap;
    this.#base = base;
    this.#running = threads;
    this.#checked = checks !== null;
    this.threads = threads;
    this.#host = host;
    this.#words = new Int32Array(heap.memory.buffer, base, CONTROL.ring + CONTROL.slots * CONTROL.slotWords);
    const layout = { CONTROL, SLOT, COMMAND, FAULT, TABLE_WORD };
    for (let index = 0; index < threads; index++) {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
        workerData: { memory: heap.memory, base, port: port2, index, layout, checks },
        transferList: [port2],
        ...ownOptions(),
      });
      worker.unref();
      worker.once("exit", () => this.#exited());
      port1.unref();
      this.#workers.push(worker);
      this.#ports.push(port1);
    }
  }

  /** Gives every worker a kernel or a mirror, before a command that uses it. */
  post(message: object): void {
    for (const port of this.#ports) port.postMessage(message);
  }

  /** Number of commands that have been queued, and of those that have run. */
  get enqueued(): number {
    return this.#enqueued;
  }

  get finished(): number {
    const running = Atomics.load(this.#words, CONTROL.state) >>> CONTROL.chunkBits;
    return this.#enqueued - ((this.#enqueued - running) & CONTROL.numberMask);
  }

  get idle(): boolean {
    return this.#pending.length === 0 && this.finished === this.#enqueued;
  }

  /** Scratch memory of every worker is at least this large from the next command on. */
  reserveFrames(bytes: number): void {
    if (bytes <= this.#frameBytes) return;
    const size = Math.max(bytes, 2 * this.#frameBytes, 1 << 20);
    const frames = Array.from({ length: this.threads }, () => this.#heap.take(size));
    // Workers may still be using the old ones.
    for (const address of this.#frames) this.retire(address, this.#frameBytes);
    this.#frames = frames;
    this.#frameBytes = size;
    frames.forEach((address, index) => {
      Atomics.store(this.#words, CONTROL.frames + index, address);
    });
  }

  /** Gives memory back to the heap once the commands queued so far have run. */
  retire(address: number, bytes: number): void {
    this.afterwards(() => this.#heap.give(address, bytes));
  }

  /** Calls `give` once the commands queued so far have run: at the next look, at the latest when the workers have ended. */
  afterwards(give: () => void): void {
    if (this.#closed ? this.#running === 0 : this.idle) give();
    else this.#retired.push({ give, after: this.#enqueued + this.#pending.length });
  }

  /** Gives back what was retired and is not used any more. */
  reclaim(): void {
    if (this.#retired.length === 0) return;
    const { finished } = this;
    const free = this.#pending.length === 0 ? this.#retired.filter((one) => one.after <= finished) : [];
    this.#retired = this.#retired.filter((one) => !free.includes(one));
    for (const { give } of free) give();
  }

  /** Queues a command. */
  push(command: Command): void {
    this.#pushMade(() => command);
  }

  /** Queues a command that is made when its turn comes. */
  #pushMade(make: () => Command): void {
    if (this.#pending.length > 0 || !this.#hasRoom()) this.#wait({ ready: null, make, fill: null });
    else this.#put(make());
  }

  /**
   * Queues a launch whose arguments `fill` writes into a block of the ring at the address it is given. Where `ready` is not null the
   * queue stops until it resolves; `make` is called then.
   */
  pushLaunch(ready: Promise<unknown> | null, make: () => Command, fill: (address: number) => void): void {
    if (ready === null && this.#pending.length === 0 && this.#hasRoom()) this.#putLaunch(make(), fill);
    else this.#wait({ ready, make, fill });
  }

  /** Resolves when everything queued so far has run; rejects with what went wrong in it. */
  passed(): Promise<void> {
    if (this.idle && this.#failure === undefined && Atomics.load(this.#words, CONTROL.error) === 0) {
      this.#print(this.finished);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const one: Waiting = { signal: ++this.#signals, after: Number.POSITIVE_INFINITY, resolve, reject };
      this.#waiting.push(one);
      this.#pushMade(() => {
        one.after = this.#enqueued;
        return { kind: COMMAND.signal, id: 0, block: 0, total: 1, to: 0, value: 0 };
      });
      void this.#watch();
    });
  }

  /**
   * Ends the workers; whoever waits is told. Where work is queued that nobody waits for, it runs first, and what goes wrong in it is an
   * unhandled rejection: closing a device must not hide that a kernel failed. That goes for `stuck()` too, where nothing gets on for so many
   * milliseconds.
   */
  close(limit: number, stuck: () => Error): void {
    if (this.#closed) return;
    const unknown = !this.idle || this.#failure !== undefined || Atomics.load(this.#words, CONTROL.error) !== 0;
    if (unknown && this.#waiting.length === 0) void this.#drain(limit, stuck).finally(() => this.#end());
    else this.#end();
  }

  /** Waits for what is queued as long as chunks of it are finished, a kernel is being compiled or the workers start. */
  async #drain(limit: number, stuck: () => Error): Promise<void> {
    const place = () => `${Atomics.load(this.#words, CONTROL.state)} ${Atomics.load(this.#words, CONTROL.completed)}`;
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<never>((_, reject) => {
      let seen = place();
      timer = setInterval(() => {
        const now = place();
        if (now === seen && this.#hasStarted() && !this.#pending[0]?.ready) reject(stuck());
        seen = now;
      }, limit);
    });
    try {
      await Promise.race([this.passed(), idle]);
    } finally {
      clearInterval(timer);
    }
  }

  #end(): void {
    this.#closed = true;
    this.#print(Number.POSITIVE_INFINITY);
    this.#pending = [];
    for (const one of this.#waiting.splice(0))
      one.reject(new DeviceError("The device was closed while work was queued."));
    Atomics.store(this.#words, CONTROL.stop, 1);
    Atomics.add(this.#words, CONTROL.signals, 1);
    Atomics.notify(this.#words, CONTROL.signals);
    Atomics.notify(this.#words, CONTROL.tail);
    Atomics.notify(this.#words, CONTROL.state);
    // Node leaves a script's descriptor open where a worker is terminated while it reads it: such a one ends by itself, since it sees `stop`.
    this.#workers.forEach((worker, index) => {
      if (Atomics.load(this.#words, CONTROL.started + index) === 1) void worker.terminate();
    });
    for (const port of this.#ports) port.close();
    for (const address of this.#frames) this.retire(address, this.#frameBytes);
    if (this.#base > 0) this.retire(this.#base, HEAP_START);
  }

  /** A worker has ended. With the last one of a queue that is closed, nothing uses memory any more. */
  #exited(): void {
    if (--this.#running > 0 || !this.#closed) return;
    for (const { give } of this.#retired.splice(0)) give();
  }

  #hasStarted(): boolean {
    return this.#workers.some((_, index) => Atomics.load(this.#words, CONTROL.started + index) === 1);
  }

  #hasRoom(): boolean {
    return this.#enqueued - this.finished < CONTROL.slots - RESERVE;
  }

  #slot(): number {
    return CONTROL.ring + (this.#enqueued % CONTROL.slots) * CONTROL.slotWords;
  }

  #putLaunch(command: Command, fill: (address: number) => void): void {
    const address = this.#base + BLOCKS_START + (this.#enqueued % CONTROL.slots) * BLOCK_BYTES;
    fill(address);
    this.#put({ ...command, block: address });
  }

  #put(command: Command): void {
    const words = this.#words;
    const slot = this.#slot();
    const chunk = chunkOf(command, this.threads, this.#checked);
    words[slot + SLOT.kind] = command.kind;
    words[slot + SLOT.id] = command.id;
    words[slot + SLOT.block] = command.block;
    words[slot + SLOT.total] = command.total;
    words[slot + SLOT.chunk] = chunk;
    words[slot + SLOT.chunks] = Math.ceil(command.total / chunk);
    words[slot + SLOT.to] = command.to;
    words[slot + SLOT.value] = command.value;
    this.#enqueued++;
    Atomics.store(words, CONTROL.tail, this.#enqueued);
    Atomics.notify(words, CONTROL.tail);
  }

  #wait(pending: Pending): void {
    this.#pending.push(pending);
    if (!this.#pumping) void this.#pump();
  }

  /** Moves waiting commands into the ring, in order. */
  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#pending.length > 0) {
      const { ready, make, fill } = this.#pending[0]!;
      try {
        if (ready) await ready;
        while (!this.#hasRoom() && !this.#closed) await this.#progress();
        if (this.#closed) break;
        // As after an error in a worker, launches behind one that cannot be compiled do nothing.
        if (fill === null) this.#put(make());
        else if (this.#failure === undefined) this.#putLaunch(make(), fill);
      } catch (error) {
        this.#failure ??= { error, after: this.#enqueued };
      }
      this.#pending.shift();
    }
    this.#pumping = false;
  }

  /** Waits a moment while the workers use up the ring. */
  #progress(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Settles the promises whose signals have passed. The process stays alive meanwhile. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    this.#workers[0]!.ref();
    while (this.#waiting.length > 0) {
      const seen = Atomics.load(this.#words, CONTROL.signals);
      if (this.#waiting[0]!.signal <= seen) this.#settle(seen);
      else {
        const wait = waitAsync(this.#words, CONTROL.signals, seen);
        if (wait.async) await wait.value;
      }
    }
    this.#workers[0]!.unref();
    this.#watching = false;
  }

  #settle(seen: number): void {
    this.#print(this.finished);
    let error: unknown;
    while (this.#waiting.length > 0 && this.#waiting[0]!.signal <= seen) {
      const one = this.#waiting.shift()!;
      error ??= this.#takeError(one.after);
      if (error === undefined) one.resolve();
      else one.reject(error);
    }
    this.reclaim();
  }

  /** Hands on what the commands before `end` have printed, in the order of launches and programs, whichever worker was faster. */
  #print(end: number): void {
    const sent = Atomics.load(this.#words, CONTROL.printed);
    if (sent === this.#received && this.#printed.length === 0) return;
    this.#received = sent;
    for (const port of this.#ports)
      for (let one = receiveMessageOnPort(port); one; one = receiveMessageOnPort(port)) this.#printed.push(one.message);
    const whole = this.#printed.filter(({ command }) => command < end);
    this.#printed = this.#printed.filter(({ command }) => command >= end);
    whole.sort((a, b) => a.command - b.command || a.first - b.first);
    for (const one of whole) this.#host.print(one);
  }

  /** What went wrong in the first `count` commands, once: who waits for what was queued before must not take it from who waits behind it. */
  #takeError(count: number): unknown {
    if (this.#failure !== undefined && this.#failure.after <= count) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return error;
    }
    const words = this.#words;
    if (Atomics.load(words, CONTROL.error) !== 2) return undefined;
    const [kind, kernel, site, base, element, x, y, z, block, length, command] = words.subarray(CONTROL.fault);
    if (command! >= count) return undefined;
    const at = this.#base + CONTROL.faultText * 4;
    const text = Buffer.from(this.#heap.bytes.slice(at, at + length!)).toString();
    Atomics.store(words, CONTROL.error, 0);
    return this.#host.explain({
      kind: kind!,
      kernel: kernel!,
      site: site!,
      base: base! >>> 0,
      element: element!,
      program: [x!, y!, z!],
      block: block! >>> 0,
      text,
    });
  }
}

/** How much of a command a worker takes at a time; one of a checked device sees all programs of a launch that need not run at once. */
function chunkOf({ kind, total, value }: Command, threads: number, checked: boolean): number {
  if (kind === COMMAND.launch && checked && value === 0) return total;
  if (kind === COMMAND.launch) return Math.ceil(total / Math.min(MOST_CHUNKS, threads * CHUNKS_PER_WORKER));
  if (kind === COMMAND.copy || kind === COMMAND.fill) return Math.max(COPY_CHUNK, Math.ceil(total / MOST_CHUNKS));
  return total;
}

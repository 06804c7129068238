/**
 * The whole surface of the C++ add-on. Classes own driver handles: `destroy` (and `using`) lets a handle go at once, the garbage collector
 * later, and what a handle depends on lives as long as it. Driver failures throw CudaError, mistaken arguments TypeError or RangeError.
 * Offsets and sizes are bytes unless said otherwise.
 */
export interface Addon {
  /** Loads the driver and initialises it; answers the first success for ever. */
  openDriver(path: string): { readonly reason: string; readonly detail: string; readonly version: number };
  setErrorFactory(make: (code: number, name: string, text: string, call: string) => Error): void;
  countDevices(): number;
  describeDevice(ordinal: number): DeviceFacts;
  /** Between two different devices. */
  describeLink(from: number, to: number): LinkFacts;
  /** The 128 bytes of a CUtensorMap. */
  encodeTensorMap(map: TensorMapFields): Uint8Array;
  readonly Context: new (ordinal: number) => Context;
  readonly Memory: new (context: Context, bytes: number) => Memory;
  /** Reserves addresses for `capacity` bytes, rounded up to whole pages. `stream` is where the memory is used: freeing waits for it. */
  readonly GrowableMemory: new (
    context: Context,
    stream: Stream,
    capacity: number,
  ) => GrowableMemory;
  /**
   * Reserves addresses for `capacity` blocks, which lie in the memory of the contexts in turns; each must be whole pages of all of them. `own` reserves
   * addresses for what each has, too. `streams` are where the memory is used, one a context: freeing waits for all.
   */
  readonly DealtMemory: new (
    contexts: readonly Context[],
    streams: readonly Stream[],
    blockBytes: number,
    capacity: number,
    own: boolean,
  ) => DealtMemory;
  readonly PinnedMemory: new (context: Context, bytes: number) => PinnedMemory;
  /** Lower priorities run first; 0 is the ordinary one. */
  readonly Stream: new (
    context: Context,
    priority?: number,
  ) => Stream;
  readonly Event: new (context: Context, timing: boolean) => Event;
  readonly Module: {
    /** From the bytes of a cubin or of PTX. */
    new (context: Context, image: Uint8Array): Module;
    load(context: Context, image: Uint8Array): Promise<Module>;
  };
  /**
   * `offsets` are the places of all parameters in a block of `bytes`. `parameters` says how many there are, for drivers that cannot tell; the
   * driver's own account goes before it.
   */
  readonly PreparedLaunch: new (
    kernel: KernelFunction,
    stream: Stream,
    config: LaunchConfig,
    offsets: readonly number[],
    bytes: number,
    parameters?: number,
  ) => PreparedLaunch;
  readonly LaunchList: new (launches: readonly PreparedLaunch[]) => LaunchList;
  /** Up to 64 threads and slots a thread. The slots are pinned at once, and stay for the next upload. */
  readonly Uploader: new (
    context: Context,
    threads: number,
    slotsPerThread: number,
    slotBytes: number,
  ) => Uploader;
  readonly Transfer: new () => Transfer;
}

/** Names of the classes that hold a handle, for the loader to make disposable. */
export const handleClasses = [
  "Context",
  "Memory",
  "GrowableMemory",
  "DealtMemory",
  "PinnedMemory",
  "Stream",
  "Event",
  "Module",
  "Function",
  "PreparedLaunch",
  "Graph",
  "GraphExec",
  "Uploader",
] as const;

export interface Handle {
  destroy(): void;
  [Symbol.dispose](): void;
}

export interface DeviceFacts {
  readonly ordinal: number;
  readonly name: string;
  readonly totalBytes: number;
  readonly computeMajor: number;
  readonly computeMinor: number;
  readonly multiprocessors: number;
  readonly clockKHz: number;
  readonly l2Bytes: number;
  readonly maxThreadsPerBlock: number;
  /** Shared memory of a block without and with the opt-in attribute, and of a whole multiprocessor. */
  readonly sharedBytesPerBlock: number;
  readonly sharedBytesPerBlockOptIn: number;
  readonly sharedBytesPerMultiprocessor: number;
  /** 1 where addresses can be reserved apart from memory, which GrowableMemory needs; else 0. */
  readonly virtualMemory: number;
}

/** What kernels of one device reach of another's memory. */
export interface LinkFacts {
  /** Whether they may read and write it where it is. */
  readonly access: boolean;
  /** The driver's order of links, 0 the fastest of a machine. */
  readonly performanceRank: number;
  /** Whether atomic ops on it are the link's own. */
  readonly nativeAtomics: boolean;
}

/** A device's primary context. */
export interface Context extends Handle {
  memory(): { readonly free: number; readonly total: number };
  /** What growing and dealt memory come in multiples of. */
  pageBytes(): number;
  /** Lets kernels of this device use Memory of another's: what there is and what will be. May be done again. */
  reach(peer: Context): void;
  synchronize(): void;
  synchronizeAsync(): Promise<void>;
  /** From here on nothing of this context is released, since the driver would wait for work that never ends. The process's end takes it. */
  abandon(): void;
}

export interface Memory extends Handle {
  readonly address: bigint;
  readonly byteLength: number;
}

/** Memory whose `byteLength` grows from 0 up to `capacity` while its address stays. */
export interface GrowableMemory extends Memory {
  readonly capacity: number;
  /** Makes `byteLength` at least so much, by whole pages of the driver (2 MiB). A failure changes nothing. */
  grow(bytes: number): void;
}

/** Memory of several devices at one range of addresses: block b in that of context b mod N, and all of them use it. */
export interface DealtMemory extends Handle {
  /** Blocks that there is memory for. */
  readonly blocks: number;
  /** Makes `blocks` at least so many. A failure changes nothing. */
  grow(blocks: number): void;
  /** All of it. It is there until this, and all that `whole` and `own` gave, are destroyed. Its `byteLength` grows. */
  whole(): Memory;
  /**
   * The blocks of one context behind each other, at addresses of their own that it alone may use. What was written at the others is seen by kernels
   * that start after the writer has ended, and not by one that started before (programmatic dependent launch).
   */
  own(rank: number): Memory;
}

export interface PinnedMemory extends Handle {
  /** The same buffer each time; `destroy` detaches it. */
  readonly buffer: ArrayBuffer;
  /** The same memory as kernels of every device take it, where it is. It stays until this is destroyed, too. */
  onDevices(): Memory;
}

/**
 * Everything waits its turn on the stream. `write` and `read` also wait for it to finish. No form of them waits on another thread: a program
 * may detach or resize its memory meanwhile. Through pinned memory copies need no waiting.
 */
export interface Stream extends Handle {
  write(to: Memory, offset: number, source: Uint8Array): void;
  enqueueWrite(to: Memory, offset: number, pinned: PinnedMemory, pinnedOffset: number, bytes: number): void;
  read(from: Memory, offset: number, target: Uint8Array): void;
  enqueueRead(from: Memory, offset: number, pinned: PinnedMemory, pinnedOffset: number, bytes: number): void;
  copy(to: Memory, toOffset: number, from: Memory, fromOffset: number, bytes: number): void;
  fill(to: Memory, offset: number, bytes: number, value: number): void;
  /** `count` words of 32 bits. */
  fill32(to: Memory, offset: number, count: number, value: number): void;
  /**
   * Memory of another device, or of the host, for work on this stream: it stays until this is destroyed too, which waits for the stream. Growing memory is
   * opened to this device; for other memory of a device its context must be within `reach`.
   */
  borrow(memory: Memory): Memory;
  record(event: Event): void;
  /** The event may be one of another device: so streams of several wait for each other. */
  wait(event: Event): void;
  synchronize(): void;
  synchronizeAsync(): Promise<void>;
  /** Whether everything queued so far has finished. */
  done(): boolean;
  /** From here to endCapture what is put on the stream is recorded, not run. */
  beginCapture(): void;
  endCapture(): Graph;
}

export interface Event extends Handle {
  synchronize(): void;
  synchronizeAsync(): Promise<void>;
  done(): boolean;
  /** Milliseconds of GPU time; both events need timing. */
  elapsedSince(start: Event): number;
}

export interface Module extends Handle {
  function(name: string): KernelFunction;
}

export interface KernelFunction extends Handle {
  readonly name: string;
  attributes(): FunctionAttributes;
  /** Place and size of each parameter, or null where the driver is older than CUDA 12.4 and cannot tell. */
  parameters(): readonly { readonly offset: number; readonly bytes: number }[] | null;
  /** Opts in to more dynamic shared memory than 48 KiB. */
  allowSharedBytes(bytes: number): void;
  /** Opts in to clusters of more than 8 blocks. */
  allowLargeClusters(): void;
  /** How many blocks fit on one multiprocessor at once. */
  maxActiveBlocks(threads: number, sharedBytes: number): number;
}

export interface FunctionAttributes {
  readonly maxThreads: number;
  /** Static shared memory. */
  readonly sharedBytes: number;
  readonly constBytes: number;
  /** Spills and stack of one thread. */
  readonly localBytes: number;
  readonly registers: number;
  readonly ptxVersion: number;
  readonly binaryVersion: number;
}

export type Extent = readonly [x: number, y?: number, z?: number];

export interface LaunchConfig {
  readonly grid: Extent;
  readonly block: Extent;
  readonly cluster?: Extent;
  readonly sharedBytes?: number;
  /** Programmatic dependent launch: may start before the previous kernel on the stream has finished. */
  readonly pdl?: boolean;
  /** All blocks run at once, so that they can wait for each other. */
  readonly cooperative?: boolean;
}

/** One launch, ready. Its arguments lie packed in `params()`; what is written there holds for every later launch. */
export interface PreparedLaunch extends Handle {
  /** An empty grid does nothing. */
  launch(): void;
  /** The argument block, aligned to 128 bytes. Each call makes another view of the same memory. */
  params(): ArrayBuffer;
  setGrid(x: number, y: number, z: number): void;
  setStream(stream: Stream): void;
}

/** Launches in order, as one call. */
export interface LaunchList {
  launch(): void;
}

export interface Graph extends Handle {
  nodes(): { readonly total: number; readonly kernels: number };
  instantiate(): GraphExec;
}

export interface GraphExec extends Handle {
  /** Moves the graph to the device ahead of its first launch. */
  upload(stream: Stream): void;
  launch(stream: Stream): void;
}

/** As cuTensorMapEncodeTiled takes it: innermost dimension first, strides in bytes and without the innermost. */
export interface TensorMapFields {
  readonly type: number;
  readonly address: bigint;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly box: readonly number[];
  readonly swizzle: number;
  readonly promotion: number;
  readonly fill: number;
}

/** A stretch of a file, and where in device memory it goes. */
export interface FileToMemory {
  readonly to: Memory;
  readonly toOffset: number;
  /** A descriptor open for reading. It is duplicated when the upload starts, so it may be closed then. */
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
}

/** An upload that could not read one of its files. */
export interface ReadFault extends Error {
  /** Which of the copies. */
  readonly copy: number;
  /** Where in the file. */
  readonly offset: number;
  /** 0 where the file ended. */
  readonly errno: number;
}

/** Threads that read files into pinned slots, each into its own, and a stream that copies from there while they read on. */
export interface Uploader extends Handle {
  /**
   * Resolves true when all is on the device, or false where it was aborted before. Rejects with the first CudaError or ReadFault. In each
   * case nothing is read or copied any more. The order is not fixed: copies must not overlap. Uploads of one Uploader go one after another,
   * each keeping a thread of the pool while it waits.
   */
  upload(copies: readonly FileToMemory[], transfer: Transfer): Promise<boolean>;
}

/** The link to an upload that runs. */
export interface Transfer {
  /** What has been read and is on its way to the device, or there. */
  readonly bytes: number;
  /** Ends the upload within a slot's time. */
  abort(): void;
}

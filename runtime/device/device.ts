import type { KernelEntry } from "../../compiler/bundle/index.js";
import type { BundleSource } from "../bundle/reference.js";
import type { TypedKernels } from "../bundle/typed.js";
import type { FileStretch } from "../weights/reading.js";

/** Memory on a device. Freed by `free`, by `using`, and with the device. */
export interface DeviceBuffer {
  readonly device: Device;
  readonly bytes: number;
  /** Address in the device's own space (a byte offset in the CPU executor's heap). */
  readonly address: bigint;
  /** A part of this buffer that shares its memory and must not outlive it. */
  view(byteOffset: number, bytes?: number): DeviceBuffer;
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * Memory that grows in place. `bytes` is what is committed: what may be copied, filled, viewed, and reached by kernels. The address stays, so
 * prepared launches and captured graphs go on being right while it grows. New memory is uninitialised.
 */
export interface GrowableBuffer extends DeviceBuffer {
  /** The most bytes that it can have: what was reserved. */
  readonly capacity: number;
  /** The bytes that it has now; the same as `bytes`. */
  readonly committed: number;
  /**
   * Commits at least so many bytes in all; does nothing where they are committed already. May be called while work is queued and while a
   * graph is recorded. Throws OutOfMemoryError, which leaves what was committed as it is, and DeviceError beyond the capacity.
   */
  grow(bytes: number): void;
}

/** How a buffer grows. */
export interface ReserveOptions {
  /** A GPU's memory is committed by multiples of so many bytes, as far as that fits, since each commit is a few driver calls. Default 32 MiB. */
  readonly step?: number;
}

/** A stretch of a file and the buffer that it goes to, from the buffer's start: another place is a view. */
export interface FileCopy extends FileStretch {
  readonly to: DeviceBuffer;
}

/** Who is told of the bytes that have gone, and what ends it. */
export interface UploadOptions {
  readonly signal?: AbortSignal;
  /** Called now and then with the bytes so far, more each time, and at the end with all of them. What it throws ends the upload. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * A tensor descriptor at launch: sizes and strides in elements, outermost first; the last stride is 1. Over a growable buffer it may reach as
 * far as the capacity, so that it need not change when that grows; the tiles that a kernel loads or stores must lie in what is committed.
 */
export interface DescriptorArgument {
  readonly buffer: DeviceBuffer;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What a launch takes for a parameter. */
export type Argument = DeviceBuffer | DescriptorArgument | number | bigint | boolean | string;

/**
 * Arguments by parameter name. Constants select the build and may be left out where only one build exists; so do parameters that the kernel declares
 * as optional, which are left out, undefined or null.
 */
export type Arguments = Readonly<Record<string, Argument | null | undefined>>;

/** Programs along up to three axes. */
export type Grid = readonly [number] | readonly [number, number] | readonly [number, number, number];

/** Constants of a kernel whose declaration is not at hand; that of a TypedKernel names each. */
// biome-ignore lint/suspicious/noExplicitAny: nothing is known of them.
export type AnyConstants = any;

/** A grid, or what gives it for the constants of the build that the launch takes: `({ BLOCK }) => [cdiv(n, BLOCK)]`. */
export type GridFor<Constants = AnyConstants> = Grid | ((constants: Constants) => Grid);

/** The build that a launch has taken. */
export interface ChosenBuild {
  readonly constants: Readonly<Record<string, number | boolean | string>>;
  readonly dtypes: Readonly<Record<string, string>>;
  readonly warps: number;
  readonly stages: number;
}

/** A launch with its variant chosen and its arguments packed. `run` puts it on the device's stream and returns at once. */
export interface Launch {
  run(): void;
  /** Changes one scalar, buffer or descriptor for later runs; undefined leaves an optional one out. */
  set(name: string, value: Argument | null | undefined): void;
  readonly kernel: string;
  readonly build: ChosenBuild;
}

/** A kernel that a device has loaded: a function that launches it. */
export interface LoadedKernel {
  readonly name: string;
  readonly entry: KernelEntry;
  /** Checks and packs the arguments. Throws LaunchError, naming kernel and parameter, before any driver call. */
  prepare(grid: GridFor, args: Arguments): Launch;
  /** prepare and run. */
  launch(grid: GridFor, args: Arguments): void;
}

/** Recorded launches that replay in order as one. */
export interface Graph {
  replay(): void;
  readonly launches: number;
  destroy(): void;
  [Symbol.dispose](): void;
}

/** Kernels of a bundle that a device has loaded. */
export interface LoadedBundle {
  /** Throws BundleError that lists what there is when the name is unknown. */
  kernel(name: string): LoadedKernel;
  readonly kernels: readonly string[];
}

/** A build by its kernel, its constants and what its type parameters stand for. */
export interface WantedBuild {
  readonly kernel: string;
  readonly constants: Readonly<Record<string, number | boolean | string>>;
  readonly dtypes?: Readonly<Record<string, string>>;
  /** Its number among the kernel's builds, where others have the same constants and dtypes and only that one is wanted. */
  readonly build?: number;
}

export interface LoadOptions {
  /** Builds to load of a bundle that has more than a program launches. Default: all. The CPU executor has all in any case, and checks what is asked for. */
  readonly only?: readonly WantedBuild[];
  /**
   * Whether launches of kernels that were built for it may begin before the ones ahead of them have ended (programmatic dependent launch). Default:
   * true; false shows what that gives.
   */
  readonly pdl?: boolean;
}

/** What sets kinds of devices apart for those who plan work on one, so that nobody need ask for the kind. */
export interface DeviceTraits {
  /** Which tile sizes suit it (kernels/tiles.ts). */
  readonly tiles: "gpu" | "cpu";
  /** The fewest rows of a matrix product. */
  readonly matrixRows: number;
  /** Tokens of a prompt that are read at a time: many keep it busy, few let it report and stop in time. */
  readonly promptTokens: number;
  /** The same where attention is windowed, in whole chunks of its own. */
  readonly windowedTokens: number;
  /** Elements of a layer's keys from which on decode steps pass over them in 8 bits: fewer are read faster than the steps for that take. */
  readonly quantizedFrom: number;
  /** Decode steps that are queued ahead of the token that is being read. */
  readonly stepsAhead: number;
  /** Sequences from which on one step of all takes less time than a step of each. */
  readonly togetherFrom: number;
  /** Programs for each processor of a kernel whose programs take turns. */
  readonly programsEach: number;
  /** Bytes by which growable memory is committed; 0 where it takes no memory before it is used. */
  readonly page: number;
  /** Tokens that a windowed model may hold where nobody said how many. */
  readonly longestContext: number;
  /** Why there may be less memory than the machine has, in words for a message. */
  readonly reach: string;
}

/**
 * Where kernels run: a GPU through the driver, or the CPU executor. Work is put on one stream in order; only `synchronize`, `read`, `write`
 * and `upload` wait. Errors of queued work surface there.
 */
export interface Device {
  readonly kind: "cuda" | "cpu";
  /** "NVIDIA H200", or the CPU executor's name with its threads. */
  readonly name: string;
  /** 90 for sm_90; 0 for the CPU executor. */
  readonly arch: number;
  /** Multiprocessors, or threads of the CPU executor. */
  readonly processors: number;
  readonly traits: DeviceTraits;
  memory(): { readonly total: number; readonly free: number };
  /** Uninitialised memory, aligned to 256 bytes. Throws OutOfMemoryError. */
  alloc(bytes: number): DeviceBuffer;
  /**
   * Addresses for memory that is committed later, aligned to 256 bytes. On a GPU they cost nothing (one that cannot reserve addresses
   * commits all at once); the CPU executor has 4 GiB of them. Throws OutOfMemoryError that says what would fit.
   */
  reserve(maxBytes: number, options?: ReserveOptions): GrowableBuffer;
  /**
   * Copies host bytes to the device; resolves when `data` may be reused. Rejects with DeviceError where `data` is detached or resized before.
   */
  write(to: DeviceBuffer, data: ArrayBufferView): Promise<void>;
  /**
   * Copies from files to the device, as fast as the bus and without the bytes ever being in this process's memory; resolves when all are
   * there. All is checked before anything is read. Waits for queued work as `write` does. The copies, thousands of them if need be, are done
   * in no fixed order and must not overlap. When it rejects, with the signal's reason, ModelError where a file shrank, was written to or cannot be read,
   * or what a device throws, nothing is read or written any more, and what the buffers hold is anything.
   *
   * @example
   * using file = openGguf(path);
   * const tensors = [...file.tensors.values()];
   * const copies = tensors.map((tensor) => ({ to: device.alloc(tensor.bytes), ...file.stretch(tensor) }));
   * await device.upload(copies, { signal, onProgress: (bytes) => console.log(bytes) });
   */
  upload(copies: readonly FileCopy[], options?: UploadOptions): Promise<void>;
  /** Waits for queued work and copies to the host. Rejects with DeviceError where `into` is detached or resized before. */
  read(from: DeviceBuffer, into: ArrayBufferView): Promise<void>;
  /** Queued: device-to-device copy, and fill with one byte. Both can be captured. */
  copy(to: DeviceBuffer, from: DeviceBuffer, bytes: number): void;
  fill(to: DeviceBuffer, byte: number): void;
  /** Host memory that the device writes without a copy on the host's side: a token to be read each step. */
  mirror(bytes: number): Mirror;
  /**
   * Loads a bundle from its folder, or from a module of compiled kernels, whose types then check every launch. Implementations take the
   * folder from `bundleFolder(source)` and return `typedBundle(loaded)` of `runtime/bundle`.
   * Throws BundleError on a bad manifest, a wrong hash, or no variant for this device.
   *
   * @example
   * import * as kernels from "./vector-add.kernel.js";
   * const { vectorAdd } = await device.load(kernels);
   * vectorAdd.launch([cdiv(n, 1024)], { a, b, out, n, BLOCK: 1024 });
   */
  load<Module extends object = object>(
    source: BundleSource<Module>,
    options?: LoadOptions,
  ): Promise<LoadedBundle & TypedKernels<Module>>;
  /** Records what `record` launches instead of running it. */
  capture(record: () => void): Graph;
  /** GPU time between two points of the stream, in milliseconds. */
  time(work: () => void): Promise<number>;
  synchronize(): Promise<void>;
  readonly closed: boolean;
  close(): void;
  [Symbol.dispose](): void;
}

/** Pinned host memory with a queued copy from the device into it. */
export interface Mirror {
  readonly host: ArrayBuffer | SharedArrayBuffer;
  /** Queued and capturable: device to host. Valid to read after `arrived`. */
  copyFrom(from: DeviceBuffer, bytes: number): void;
  /** Resolves when everything queued so far has finished. Cheaper than synchronize for one token. */
  arrived(): Promise<void>;
  free(): void;
}

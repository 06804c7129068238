import type { Variant, VariantParam } from "../../../compiler/bundle/index.js";
import type { KernelFunction, LaunchConfig, Module, PreparedLaunch } from "../../native/index.js";
import { tooLargeToCooperate } from "../check.js";
import type { Argument, Arguments, DescriptorArgument, DeviceBuffer } from "../device.js";
import { BundleError } from "../errors.js";
import type { CudaBuffer } from "./buffer.js";
import type { CudaDevice } from "./device.js";
import { type Packing, packing } from "./pack.js";
import { Scratch } from "./scratch.js";
import { encodeTensorMap } from "./tensor-map.js";

/** Shared memory that every block may have without opting in. */
const ordinarySharedBytes = 48 * 1024;
/** Clusters of more blocks than this must be asked for. */
const portableCluster = 8;

const isMultiple = (value: number | bigint): boolean =>
  typeof value === "bigint" ? value % 16n === 0n : value % 16 === 0;

/** Whether an argument is a multiple of 16, as a variant was compiled for. */
const divisible: Readonly<Record<VariantParam["kind"], (value: Argument) => boolean>> = {
  pointer: (value) => (value as DeviceBuffer as CudaBuffer).aligned,
  descriptor: (value) => ((value as DescriptorArgument).buffer as CudaBuffer).aligned,
  scalar: (value) => isMultiple(value as number | bigint),
  const: () => true,
};

const isOne = (value: Argument): boolean => value === 1 || value === 1n;

/** What a variant takes for granted of an argument: in words, and as a test. */
export interface Promised {
  readonly name: string;
  readonly expected: "1" | "a multiple of 16";
  readonly holds: (value: Argument) => boolean;
}

const promisesOf = (param: VariantParam): readonly Promised[] => [
  ...(param.divisible
    ? [{ name: param.name, expected: "a multiple of 16", holds: divisible[param.kind] } as const]
    : []),
  ...(param.kind === "scalar" && param.one ? [{ name: param.name, expected: "1", holds: isOne } as const] : []),
];

/** One compiled form of a kernel, loaded onto a device and checked against what the device says of it. */
export class LoadedVariant {
  readonly kernel: string;
  readonly variant: Variant;
  readonly packing: Packing;
  /** Why this device cannot run it, where it cannot. */
  readonly unfit: { readonly expected: string; readonly got: string } | undefined;
  readonly globalScratch: Scratch;
  readonly profileScratch: Scratch;
  readonly #device: CudaDevice;
  readonly #function: KernelFunction;
  readonly #promised: readonly Promised[];
  /** For launches that are made once: the driver copies the arguments at each launch, so one block serves them all. */
  #shared: BoundLaunch | undefined;

  constructor(device: CudaDevice, path: string, kernel: string, variant: Variant, module: Module) {
    this.kernel = kernel;
    this.variant = variant;
    this.#device = device;
    this.globalScratch = new Scratch(device);
    this.profileScratch = new Scratch(device);
    this.#function = device.handles.add(functionOf(path, module, variant.launch.symbol));
    this.#promised = variant.params.flatMap(promisesOf);
    const { addon, version } = device.driver;
    this.packing = packing(variant, (param, argument) => encodeTensorMap(addon, version, kernel, param, argument));
    checkLayout(path, kernel, variant, this.#function);
    this.unfit = this.#fit();
  }

  /** The first promise that the arguments break, if any. */
  brokenPromise(args: Arguments): Promised | undefined {
    return this.#promised.find(({ name, holds }) => !holds(args[name]!));
  }

  /** A launch with a block of arguments of its own. */
  bind(): BoundLaunch {
    return new BoundLaunch(this.#device, this, this.#function);
  }

  /** The launch that all `launch` calls share. */
  get shared(): BoundLaunch {
    this.#shared ??= this.bind();
    return this.#shared;
  }

  /** Opts in to what the launch needs beyond the ordinary; answers what the device lacks for it. */
  #fit(): LoadedVariant["unfit"] {
    const { sharedBytes, warps, ctas } = this.variant.launch;
    const attributes = this.#function.attributes();
    const room = this.#device.facts.sharedBytesPerBlockOptIn - attributes.sharedBytes;
    if (sharedBytes > room)
      return {
        expected: `at most ${room} bytes of shared memory (what a block of ${this.#device.name} can have)`,
        got: `${sharedBytes}`,
      };
    if (warps * 32 > attributes.maxThreads)
      return {
        expected: `at most ${attributes.maxThreads} threads (with ${attributes.registers} registers each)`,
        got: `${warps * 32}`,
      };
    if (sharedBytes > ordinarySharedBytes) this.#function.allowSharedBytes(room);
    if (ctas > portableCluster) this.#function.allowLargeClusters();
    return undefined;
  }
}

const APART = "The manifest and the cubin do not belong together: build the bundle again.";

function functionOf(path: string, module: Module, symbol: string): KernelFunction {
  try {
    return module.function(symbol);
  } catch (cause) {
    if ((cause as Error).name !== "CUDA_ERROR_NOT_FOUND") throw cause;
    throw new BundleError(path, `it has no function ${symbol}, which the manifest names`, APART, { cause });
  }
}

/**
 * Compares the manifest's slots with the driver's account of the cubin. Only sizes are compared: the host passes one pointer a parameter,
 * and the driver's offsets count from a base that is not aligned to a tensor map's 64 bytes.
 */
function checkLayout(path: string, kernel: string, variant: Variant, kernelFunction: KernelFunction): void {
  const { abi } = variant;
  const parameters = kernelFunction.parameters();
  if (!parameters) return;
  if (parameters.length !== abi.length)
    throw new BundleError(
      path,
      `${kernel} has ${parameters.length} parameters in its cubin and ${abi.length} in the manifest`,
      APART,
    );
  const wrong = parameters.findIndex(({ bytes }, index) => bytes !== abi[index]!.size);
  if (wrong < 0) return;
  const slot = abi[wrong]!;
  const what = slot.from ? `${slot.from} (${slot.part})` : slot.part;
  throw new BundleError(
    path,
    `${kernel} takes ${parameters[wrong]!.bytes} bytes for ${what}, its parameter ${wrong}, and the manifest says ${slot.size}`,
    APART,
  );
}

/** A native launch of a variant, and writing into its arguments. */
export class BoundLaunch {
  readonly #variant: LoadedVariant;
  readonly #native: PreparedLaunch;
  readonly #block: DataView;
  /** Blocks that a launch may have. */
  readonly #most: number;

  constructor(device: CudaDevice, variant: LoadedVariant, kernelFunction: KernelFunction) {
    const { warps, ctas, sharedBytes, pdl, cooperative = false } = variant.variant.launch;
    const config: LaunchConfig = {
      grid: [0],
      block: [32 * warps],
      sharedBytes,
      pdl,
      cooperative,
      ...(ctas > 1 && { cluster: [ctas, 1, 1] }),
    };
    const { offsets, bytes } = variant.packing;
    const parameters = variant.variant.abi.length;
    this.#variant = variant;
    this.#most = cooperative
      ? device.processors * kernelFunction.maxActiveBlocks(32 * warps, sharedBytes)
      : Number.POSITIVE_INFINITY;
    const { PreparedLaunch } = device.driver.addon;
    this.#native = device.handles.add(
      new PreparedLaunch(kernelFunction, device.stream, config, offsets, bytes, parameters),
    );
    this.#block = new DataView(this.#native.params());
  }

  setGrid(grid: readonly [number, number, number]): void {
    const { ctas, globalScratchBytes, profileScratchBytes } = this.#variant.variant.launch;
    const blocks = grid[0] * grid[1] * grid[2] * ctas;
    if (blocks > this.#most)
      throw tooLargeToCooperate(this.#variant.kernel, Math.floor(this.#most / ctas), blocks / ctas);
    this.#native.setGrid(grid[0] * ctas, grid[1], grid[2]);
    const { packing, globalScratch, profileScratch } = this.#variant;
    this.#point(packing.scratch.global, globalScratch, blocks * globalScratchBytes);
    this.#point(packing.scratch.profile, profileScratch, blocks * profileScratchBytes);
  }

  set(name: string, value: Argument): void {
    for (const write of this.#variant.packing.writers.get(name)!) write(this.#block, value);
  }

  setAll(args: Arguments): void {
    for (const [name, writers] of this.#variant.packing.writers)
      for (const write of writers) write(this.#block, args[name]!);
  }

  launch(): void {
    this.#native.launch();
  }

  #point(offset: number | undefined, scratch: Scratch, bytes: number): void {
    if (offset !== undefined && bytes > 0) this.#block.setBigUint64(offset, scratch.address(bytes), true);
  }
}

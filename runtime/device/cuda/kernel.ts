import type { KernelEntry } from "../../../compiler/bundle/index.js";
import { argumentChecker, checkGrid, requireArguments } from "../check.js";
import type { Argument, Arguments, Grid, Launch, LoadedKernel } from "../device.js";
import { LaunchError } from "../errors.js";
import { promiseBroken } from "../refusals.js";
import { isGiven, selectBuilds } from "../select.js";
import type { CudaDevice } from "./device.js";
import type { BoundLaunch, LoadedVariant } from "./variant.js";

type Extent = readonly [number, number, number];

/** Variants that differ in their promises only, and the checks of their arguments. */
interface Choice {
  readonly variants: readonly LoadedVariant[];
  readonly check: (args: Arguments) => void;
}

export class CudaKernel implements LoadedKernel {
  readonly name: string;
  readonly entry: KernelEntry;
  readonly device: CudaDevice;
  readonly #variants: readonly LoadedVariant[];
  /** Constants and type parameters: the names that choose a build. */
  readonly #selectors: readonly string[];
  readonly #optional: readonly string[];
  readonly #choices = new Map<string, Choice>();

  constructor(device: CudaDevice, entry: KernelEntry, variants: readonly LoadedVariant[]) {
    this.device = device;
    this.name = entry.name;
    this.entry = entry;
    this.#variants = variants;
    const names = variants.flatMap(({ variant }) => [
      ...Object.keys(variant.constants),
      ...Object.keys(variant.dtypes),
    ]);
    this.#selectors = [...new Set(names)];
    const params = variants[0]?.variant.params ?? [];
    this.#optional = params.flatMap((param) =>
      param.kind !== "const" && param.given !== undefined ? [param.name] : [],
    );
  }

  prepare(grid: Grid, args: Arguments): CudaLaunch {
    return new CudaLaunch(this, checkGrid(this.name, grid), args);
  }

  launch(grid: Grid, args: Arguments): void {
    const extent = checkGrid(this.name, grid);
    const bound = this.choose(args).shared;
    bound.setAll(args);
    bound.setGrid(extent);
    this.device.captured?.addArguments(args);
    bound.launch();
  }

  /** Checks the arguments and takes the first variant whose promises they keep. */
  choose(args: Arguments): LoadedVariant {
    requireArguments(this.name, args, () => this.#variants[0]!.variant.params.map(({ name }) => name));
    const { variants, check } = this.#choice(args);
    check(args);
    const fitting = variants.find((variant) => !variant.unfit && !variant.brokenPromise(args));
    if (fitting) return fitting;
    throw this.#refusal(variants, args);
  }

  #choice(args: Arguments): Choice {
    let key = "";
    for (const name of this.#selectors)
      key += `${String(this.#optional.includes(name) ? isGiven(args[name]) : args[name])}\0`;
    const known = this.#choices.get(key);
    if (known) return known;
    const configured = this.#variants.map((loaded) => ({ ...loaded.variant, loaded }));
    const variants = selectBuilds(this.name, configured, args, this.#optional).map(({ loaded }) => loaded);
    const { params, dtypes } = variants[0]!.variant;
    const check = argumentChecker({ kernel: this.name, device: this.device }, params, Object.keys(dtypes));
    const choice = { variants, check };
    this.#choices.set(key, choice);
    return choice;
  }

  #refusal(variants: readonly LoadedVariant[], args: Arguments): LaunchError {
    const promising = variants.find((variant) => !variant.unfit);
    if (!promising) return new LaunchError({ kernel: this.name, ...variants[0]!.unfit! });
    const { name, expected } = promising.brokenPromise(args)!;
    return promiseBroken(this.name, name, expected, args[name]!);
  }
}

/** A launch with arguments of its own. */
export class CudaLaunch implements Launch {
  readonly #kernel: CudaKernel;
  readonly #grid: Extent;
  #args: Arguments;
  #variant: LoadedVariant;
  #bound: BoundLaunch;
  /** How many buffers the device had freed when the arguments were last found alive. */
  #checkedAt: number;

  constructor(kernel: CudaKernel, grid: Extent, args: Arguments) {
    this.#kernel = kernel;
    this.#grid = grid;
    this.#args = args;
    this.#variant = kernel.choose(args);
    this.#bound = this.#bind();
    this.#checkedAt = kernel.device.freedBuffers;
  }

  get kernel(): string {
    return this.#kernel.name;
  }

  run(): void {
    const { device } = this.#kernel;
    if (device.freedBuffers !== this.#checkedAt) {
      this.#kernel.choose(this.#args);
      this.#checkedAt = device.freedBuffers;
    }
    device.captured?.addArguments(this.#args);
    this.#bound.launch();
  }

  set(name: string, value: Argument | null | undefined): void {
    const args = { ...this.#args, [name]: value };
    const variant = this.#kernel.choose(args);
    this.#args = args;
    if (variant === this.#variant) {
      if (isGiven(value)) this.#bound.set(name, value);
    } else {
      this.#variant = variant;
      this.#bound = this.#bind();
    }
  }

  #bind(): BoundLaunch {
    const bound = this.#variant.bind();
    bound.setAll(this.#args);
    bound.setGrid(this.#grid);
    return bound;
  }
}

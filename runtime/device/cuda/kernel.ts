import type { KernelEntry, Tuned } from "../../../compiler/bundle/index.js";
import { argumentChecker, checkGrid, gridOf, requireArguments } from "../check.js";
import type { Argument, Arguments, ChosenBuild, GridFor, Launch, LoadedKernel } from "../device.js";
import { LaunchError } from "../errors.js";
import { promiseBroken } from "../refusals.js";
import { isGiven, selectBuilds } from "../select.js";
import { nearest, tunedFor } from "../tuned.js";
import type { CudaDevice } from "./device.js";
import type { BoundLaunch, LoadedVariant } from "./variant.js";

/** What was measured, with the variants in the order in which a launch near that shape tries them. */
interface TunedVariants extends Tuned {
  readonly variants: readonly LoadedVariant[];
}

/** Variants that differ in their promises, and where launches choose by speed in their builds too; and the checks of their arguments. */
interface Choice {
  readonly variants: readonly LoadedVariant[];
  readonly tuned: readonly TunedVariants[];
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

  prepare(grid: GridFor, args: Arguments): CudaLaunch {
    if (typeof grid !== "function") checkGrid(this.name, grid);
    return new CudaLaunch(this, grid, args);
  }

  launch(grid: GridFor, args: Arguments): void {
    const extent = typeof grid === "function" ? undefined : checkGrid(this.name, grid);
    const chosen = this.choose(args);
    const bound = chosen.shared;
    bound.setAll(args);
    bound.setGrid(extent ?? gridOf(this.name, grid, chosen.variant));
    this.device.captured?.addArguments(args);
    bound.launch();
  }

  /** Checks the arguments and takes the first variant whose promises they keep. */
  choose(args: Arguments): LoadedVariant {
    requireArguments(this.name, args, () => this.#variants[0]!.variant.params.map(({ name }) => name));
    const choice = this.#choice(args);
    choice.check(args);
    const variants = nearest(choice.tuned, args)?.variants ?? choice.variants;
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
    const open = { optional: this.#optional, tune: this.entry.tune };
    const variants = selectBuilds(this.name, configured, args, open).map(({ loaded }) => loaded);
    const { params, dtypes } = variants[0]!.variant;
    const check = argumentChecker({ kernel: this.name, device: this.device }, params, Object.keys(dtypes));
    const choice = { variants, tuned: this.#tuned(variants), check };
    this.#choices.set(key, choice);
    return choice;
  }

  /** What was measured of these builds. One that the arguments or the device rule out leaves the launch to the others. */
  #tuned(variants: readonly LoadedVariant[]): TunedVariants[] {
    return tunedFor(this.entry, this.device).flatMap((one) => {
      const own = variants.filter(({ variant }) => variant.build === one.build);
      return own.length > 0 ? [{ ...one, variants: [...new Set([...own, ...variants])] }] : [];
    });
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
  readonly #grid: GridFor;
  #args: Arguments;
  #variant: LoadedVariant;
  #bound: BoundLaunch;
  /** How many buffers the device had freed when the arguments were last found alive. */
  #checkedAt: number;

  constructor(kernel: CudaKernel, grid: GridFor, args: Arguments) {
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

  get build(): ChosenBuild {
    const { constants, dtypes, launch } = this.#variant.variant;
    return { constants, dtypes, warps: launch.warps, stages: launch.stages };
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
    bound.setGrid(gridOf(this.#kernel.name, this.#grid, this.#variant.variant));
    return bound;
  }
}

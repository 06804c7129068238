import type { KernelEntry } from "../../../compiler/bundle/index.js";
import {
  type ConstValue,
  type DType,
  isOfBuild,
  isOptional,
  type Kernel,
  type Param,
} from "../../../compiler/ir/index.js";
import {
  argumentChecker,
  type CheckedParam,
  checkGrid,
  type Extent,
  gridOf,
  requireArguments,
  tooLargeToCooperate,
} from "../check.js";
import type { Argument, Arguments, ChosenBuild, GridFor, Launch, LoadedKernel } from "../device.js";
import { LaunchError } from "../errors.js";
import { isGiven, selectBuilds } from "../select.js";
import { shown } from "../shown.js";
import { nearest, tunedFor } from "../tuned.js";
import { gpuRules } from "./checked/gpu-rules.js";
import { type Compiled, type Ready, Variant } from "./compiled.js";
import { BLOCK_BYTES, COMMAND, type Command } from "./control.js";
import type { CpuDevice } from "./device.js";
import { type Bounds, boundsOf, overlaps, writeArgument } from "./pack.js";

/** The typed IR of a kernel for one choice of dtypes. */
export interface Binding {
  readonly dtypes: Readonly<Record<string, DType>>;
  readonly kernel: Kernel;
}

interface Choice {
  readonly variant: Variant;
  readonly check: (args: Arguments) => void;
}

export class CpuKernelHandle implements LoadedKernel {
  readonly name: string;
  readonly entry: KernelEntry;
  readonly device: CpuDevice;
  readonly #bindings: readonly Binding[];
  readonly #selectors: readonly string[];
  readonly #optional: ReadonlySet<string>;
  readonly #choices = new Map<string, Choice>();

  constructor(device: CpuDevice, entry: KernelEntry, bindings: readonly Binding[]) {
    this.name = entry.name;
    this.entry = entry;
    this.device = device;
    this.#bindings = bindings;
    const names = bindings.flatMap(({ dtypes, kernel }) => [...Object.keys(dtypes), ...constantsOf(kernel)]);
    this.#selectors = [...new Set(names)];
    const [first] = bindings;
    this.#optional = new Set(first?.kernel.params.filter(isOptional).map(({ name }) => name));
  }

  prepare(grid: GridFor, args: Arguments): CpuLaunch {
    if (typeof grid !== "function") checkGrid(this.name, grid);
    return new CpuLaunch(this, grid, args);
  }

  launch(grid: GridFor, args: Arguments): void {
    this.prepare(grid, args).run();
  }

  /** The kernel for the constants and dtypes among the arguments, which are checked. */
  choose(given: Arguments): Variant {
    requireArguments(this.name, given, () => this.#bindings[0]!.kernel.params.map(({ name }) => name));
    const args = this.#withTuned(given);
    let key = "";
    for (const name of this.#selectors) {
      const value = this.#optional.has(name) ? isGiven(args[name]) : args[name];
      key += `${typeof value} ${String(value)}\0`;
    }
    let choice = this.#choices.get(key);
    if (!choice) {
      choice = this.#choice(args);
      this.#choices.set(key, choice);
    }
    choice.check(args);
    return choice.variant;
  }

  /** With the constants that the launch leaves to tuning. */
  #withTuned(args: Arguments): Arguments {
    const { tune = [], builds } = this.entry;
    if (tune.every((name) => args[name] !== undefined)) return args;
    const left = selectBuilds(this.name, builds, args, { optional: [...this.#optional], tune });
    const tuned = tunedFor(this.entry, this.device).filter(({ build }) => left.includes(builds[build]!));
    const chosen = nearest(tuned, args)?.build;
    const { constants } = chosen === undefined ? left[0]! : builds[chosen]!;
    return { ...args, ...Object.fromEntries(tune.map((name) => [name, constants[name]!])) };
  }

  #choice(args: Arguments): Choice {
    const { binding, constants } = this.#configuration(args);
    const variant = new Variant(this.device.kernels, binding.kernel, constants);
    const params: CheckedParam[] = variant.shape.layout.slots.map((slot) => ({
      name: slot.name,
      kind: slot.kind,
      ...(slot.kind !== "const" && { dtype: slot.dtype }),
      ...(slot.kind === "descriptor" && { block: slot.block }),
      ...(this.#optional.has(slot.name) && { given: constants[slot.name] === true }),
    }));
    const { layout } = variant.shape;
    if (layout.bytes > BLOCK_BYTES)
      throw new LaunchError({
        kernel: this.name,
        expected: `arguments of at most ${BLOCK_BYTES} bytes`,
        got: `${layout.bytes}`,
      });
    const check = argumentChecker({ kernel: this.name, device: this.device }, params, Object.keys(binding.dtypes));
    if (!this.device.checks) return { variant, check };
    const refuse = gpuRules(this.name, binding.kernel.params, variant.build, layout.slots);
    const both = (args: Arguments): void => {
      check(args);
      refuse(args);
    };
    return { variant, check: both };
  }

  /**
   * Constants that are given need not be among the builds, as nothing is built ahead here; one that is left out is taken from the builds,
   * where they leave one choice.
   */
  #configuration(args: Arguments): { binding: Binding; constants: Readonly<Record<string, ConstValue>> } {
    const fitting = this.#bindings.filter(({ dtypes }) =>
      Object.entries(dtypes).every(([name, dtype]) => args[name] === undefined || args[name] === dtype),
    );
    const wanted = constantsOf(fitting[0]?.kernel ?? this.#bindings[0]!.kernel);
    const { params } = (fitting[0] ?? this.#bindings[0]!).kernel;
    for (const param of params) if (param.kind === "const") requireKind(this.name, param, args[param.name]);
    const given = Object.fromEntries(
      wanted.map((name) => [name, this.#optional.has(name) ? isGiven(args[name]) : args[name]]),
    ) as Record<string, ConstValue>;
    const complete = wanted.every((name) => given[name] !== undefined);
    if (fitting.length === 1 && complete) return { binding: fitting[0]!, constants: given };
    const [build] = selectBuilds(this.name, this.entry.builds, args, { optional: [...this.#optional] });
    if (!build)
      throw new LaunchError({
        kernel: this.name,
        expected: "a kernel with builds",
        got: "none",
        hint: "Declare builds, or pass every constant.",
      });
    const binding = this.#bindings.find(({ dtypes }) =>
      Object.entries(dtypes).every(([name, dtype]) => build.dtypes[name] === dtype),
    );
    return { binding: binding ?? this.#bindings[0]!, constants: build.constants };
  }
}

const constantsOf = (kernel: Kernel): string[] => kernel.params.filter(isOfBuild).map((param) => param.name);

const KINDS = {
  int: ["a whole number", Number.isSafeInteger],
  float: ["a number", (value: unknown) => typeof value === "number"],
  bool: ["true or false", (value: unknown) => typeof value === "boolean"],
  string: ["a text", (value: unknown) => typeof value === "string"],
} as const;

/** Throws LaunchError for a constant of another kind than its parameter declares. One that is left out comes from the builds. */
function requireKind(kernel: string, param: Extract<Param, { kind: "const" }>, value: unknown): void {
  const [expected, fits] = KINDS[param.of];
  if (value !== undefined && !fits(value))
    throw new LaunchError({ kernel, parameter: param.name, expected, got: shown(value) });
}

/** A launch with its arguments packed. */
export class CpuLaunch implements Launch {
  readonly #kernel: CpuKernelHandle;
  readonly #grid: GridFor;
  #extent!: Extent;
  #programs!: number;
  #args: Arguments;
  #variant!: Variant;
  #compiled!: Compiled;
  #block!: Uint32Array;
  #view!: DataView;
  /** How many buffers the device had freed when the arguments were last found alive. */
  #checkedAt = 0;
  #bounds: Bounds | null = null;
  /** How much the device's buffers had grown when the bounds were last written. */
  #boundAt = 0;

  constructor(kernel: CpuKernelHandle, grid: GridFor, args: Arguments) {
    this.#kernel = kernel;
    this.#grid = grid;
    this.#args = args;
    this.#bind(kernel.choose(args));
  }

  get kernel(): string {
    return this.#kernel.name;
  }

  /** Warps and stages are those that were declared: nothing here has any. */
  get build(): ChosenBuild {
    const { constants, dtypes, build } = this.#variant;
    return { constants, dtypes, warps: build?.warps ?? 4, stages: build?.stages ?? 3 };
  }

  run(): void {
    const { device } = this.#kernel;
    if (device.freedBuffers !== this.#checkedAt) {
      this.#kernel.choose(this.#args);
      this.#checkedAt = device.freedBuffers;
    }
    if (device.grownBuffers !== this.#boundAt) {
      this.#bounds?.(this.#block);
      this.#boundAt = device.grownBuffers;
    }
    if (this.#programs > 0) device.submit(this);
  }

  set(name: string, value: Argument | null | undefined): void {
    const args = { ...this.#args, [name]: value };
    const variant = this.#kernel.choose(args);
    this.#args = args;
    if (variant !== this.#variant) {
      this.#bind(variant);
      return;
    }
    const slot = variant.shape.layout.slots.find((one) => one.name === name);
    if (!slot || slot.kind === "const" || !isGiven(value)) return;
    writeArgument(this.#view, slot, value);
    if (slot.kind === "scalar") return;
    this.#bounds = boundsOf(variant.shape.layout.slots, args);
    this.#compile();
  }

  get args(): Arguments {
    return this.#args;
  }

  /** The compilation to wait for; null once it is there. */
  get pending(): Promise<Ready> | null {
    return this.#compiled.ready ? null : this.#compiled.promise;
  }

  /** What is queued and the arguments as they are now; both may be asked for later, when the kernel is compiled. */
  snapshot(): { compiled: Compiled; words: Uint32Array; bounds: Bounds | null; command: () => Command } {
    const compiled = this.#compiled;
    const total = this.#programs;
    const { device } = this.#kernel;
    const value = this.#variant.cooperative ? 1 : 0;
    const command = (): Command => {
      const { id, info } = compiled.ready!;
      device.queue.reserveFrames(info.frameBytes);
      return { kind: COMMAND.launch, id, block: 0, total, to: 0, value };
    };
    return { compiled, words: this.#block.slice(), bounds: this.#bounds, command };
  }

  #bind(variant: Variant): void {
    const { layout } = variant.shape;
    this.#extent = gridOf(this.#kernel.name, this.#grid, variant);
    this.#programs = this.#extent[0] * this.#extent[1] * this.#extent[2];
    if (this.#programs > 2 ** 31 - 1)
      throw new LaunchError({
        kernel: this.#kernel.name,
        expected: "at most 2147483647 programs",
        got: `${this.#programs}`,
      });
    const { processors } = this.#kernel.device;
    if (variant.cooperative && this.#programs > processors)
      throw tooLargeToCooperate(this.#kernel.name, processors, this.#programs);
    this.#variant = variant;
    this.#block = new Uint32Array(layout.bytes / 4);
    this.#view = new DataView(this.#block.buffer);
    this.#block.set(this.#extent);
    for (const slot of layout.slots) {
      const value = this.#args[slot.name];
      if (slot.kind !== "const" && isGiven(value)) writeArgument(this.#view, slot, value);
    }
    this.#bounds = boundsOf(layout.slots, this.#args);
    this.#compile();
    this.#checkedAt = this.#kernel.device.freedBuffers;
    this.#boundAt = this.#kernel.device.grownBuffers;
  }

  #compile(): void {
    const { layout, written } = this.#variant.shape;
    this.#compiled = this.#variant.compiled(overlaps(layout.slots, this.#args, written));
    // Whoever waits for the queue is told; nobody may be waiting yet.
    this.#compiled.promise.catch(() => undefined);
  }
}

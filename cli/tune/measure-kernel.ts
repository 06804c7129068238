import { describeForCpu } from "../../compiler/backends/wasm/index.js";
import type { KernelEntry } from "../../compiler/bundle/index.js";
import type { Kernel } from "../../compiler/ir/index.js";
import { specialize } from "../../compiler/passes/index.js";
import type { Arguments, Device, Launch } from "../../runtime/device/device.js";
import type { Tuning, TuningShape } from "../../runtime/tuning/index.js";
import { InputError } from "../report/errors.js";
import { TuningBuffers } from "./buffers.js";
import { allows, type Candidate, candidatesOf, optionalOf, requireGiven, withoutSpills } from "./candidates.js";
import { difference, type Written, writtenBy } from "./results.js";
import { shownShape } from "./shapes.js";
import { Stopwatch } from "./timing.js";
import { type LeastWork, leastOf, leastWork } from "./work.js";

export interface Timed extends Candidate {
  readonly milliseconds: number;
  readonly runs: number;
}

/** What was found of one shape. */
export interface ShapeResult {
  readonly shape: TuningShape;
  /** Its sizes that are integers among the arguments, which launches know. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The fastest first. */
  readonly timed: readonly Timed[];
  readonly pruned: readonly Candidate[];
  readonly work: LeastWork;
}

export interface Measuring {
  readonly device: Device;
  /** Folder of the bundle. */
  readonly folder: string;
  readonly entry: KernelEntry;
  /** The kernel's IR, one for each choice of dtypes. */
  readonly bindings: readonly Kernel[];
  readonly tuning: Tuning;
  readonly shapes: readonly TuningShape[];
  /** Measures what spills, too. */
  readonly all: boolean;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const DEFAULT_TOLERANCE = 0.02;

/** One build of a shape, ready to be launched. */
interface Ready {
  readonly candidate: Candidate;
  readonly args: Arguments;
  readonly launch: Launch;
  readonly written: readonly Written[];
  readonly work: LeastWork;
}

export class KernelMeasurement {
  readonly results: ShapeResult[] = [];
  /** What ended it before all was measured. */
  ended: "budget" | "interrupted" | undefined;
  readonly #given: Measuring;
  readonly #candidates: readonly Candidate[];
  readonly #optional: readonly string[];
  readonly #until: number;

  constructor(given: Measuring) {
    this.#given = given;
    this.#candidates = candidatesOf(given.entry, given.device);
    this.#optional = optionalOf(given.bindings);
    this.#until = performance.now() + given.budgetMs;
  }

  /** Measures shape by shape. What is under way when the time is spent or somebody interrupts is left; all before that stays. */
  async run(): Promise<void> {
    const { device, shapes, signal } = this.#given;
    const stopwatch = new Stopwatch(device);
    try {
      await stopwatch.warmUp(signal);
      for (const shape of shapes) {
        if (this.ended) return;
        await this.#measure(shape, stopwatch);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      this.ended = "interrupted";
    } finally {
      stopwatch.free();
    }
  }

  async #measure(shape: TuningShape, stopwatch: Stopwatch): Promise<void> {
    const { device, entry, all, signal, tuning, onProgress } = this.#given;
    const buffers = new TuningBuffers(device);
    const timed: Timed[] = [];
    const works: LeastWork[] = [];
    let expected: readonly Written[] | undefined;
    const able = this.#candidates.filter(({ build }) => allows(build, this.#launch(shape, build).args, this.#optional));
    if (able.length === 0)
      throw new InputError(
        `no build of ${entry.name} has the constants and dtypes that its tuning launches ${shownShape(shape)} with`,
        "Add such a build, or leave the shape out.",
      );
    const judged = all ? able : withoutSpills(able);
    const pruned = judged.filter((one) => one.pruned !== undefined);
    const wanted = judged.filter((one) => one.pruned === undefined);
    try {
      for (const [at, candidate] of wanted.entries()) {
        if (performance.now() > this.#until && this.results.length + timed.length > 0) {
          this.ended = "budget";
          break;
        }
        onProgress(`Measuring ${entry.name}: ${shownShape(shape)}, build ${at + 1} of ${wanted.length}`);
        const ready = await this.#ready(shape, candidate, buffers);
        expected ??= ready.written;
        this.#requireSame(shape, wanted[0]!, ready, expected, tuning.tolerance ?? DEFAULT_TOLERANCE);
        const best = Math.min(...timed.map(({ milliseconds }) => milliseconds), Number.POSITIVE_INFINITY);
        const time = await stopwatch.time(ready.launch, best, signal);
        works.push(ready.work);
        timed.push({ ...candidate, ...time });
      }
    } finally {
      buffers.free();
      // An interrupted shape has what it has: its first build is what launches take anyway.
      if (timed.length > 0) {
        timed.sort((a, b) => a.milliseconds - b.milliseconds);
        this.results.push({ shape, sizes: this.#sizes(shape), timed, pruned, work: leastOf(works) });
      }
    }
  }

  /** The launch of a shape by a build as the author describes it. */
  #launch(shape: TuningShape, build: Candidate["build"]) {
    const { entry, tuning } = this.#given;
    const launch = tuning.launch(shape, this.#constants(build) as never) as unknown as {
      grid: never;
      args: Record<string, unknown>;
    };
    if (typeof launch !== "object" || launch === null || typeof launch.args !== "object" || launch.args === null)
      throw new InputError(
        `the tuning of ${entry.name} gives no launch for ${shownShape(shape)}`,
        "Let launch() return { grid, args }.",
      );
    const args = launch.args as Arguments;
    requireGiven(entry, args, this.#optional);
    return { grid: launch.grid, args };
  }

  #constants({ constants }: Candidate["build"]): Candidate["build"]["constants"] {
    return Object.fromEntries(Object.entries(constants).filter(([name]) => !this.#optional.includes(name)));
  }

  /** The sizes that launches know. Throws InputError where one of them is not what the launch is given. */
  #sizes(shape: TuningShape): Record<string, number> {
    const { entry, bindings } = this.#given;
    const { args } = this.#launch(shape, this.#candidates[0]!.build);
    const integers = bindings[0]!.params.filter((one) => one.kind === "scalar" && /^[iu]/.test(one.dtype));
    const known = Object.entries(shape).filter(([name]) => integers.some((one) => one.name === name));
    for (const [name, size] of known)
      if (Number(args[name]) !== size)
        throw new InputError(
          `the tuning of ${entry.name} gives the argument ${name} ${String(args[name])}, where the shape has ${size}`,
          `Launches are told apart by their arguments: pass ${name} on, or give that size of the shape another name.`,
        );
    return Object.fromEntries(known) as Record<string, number>;
  }

  async #ready(shape: TuningShape, candidate: Candidate, buffers: TuningBuffers): Promise<Ready> {
    const { device, folder, entry, bindings } = this.#given;
    const { constants, dtypes } = candidate.build;
    const { grid, args: described } = this.#launch(shape, candidate.build);
    this.#sizes(shape);
    const only = [
      {
        kernel: entry.name,
        constants,
        dtypes,
        ...(entry.builds.some(({ options }) => options) && { build: candidate.index }),
      },
    ];
    const kernel = (await device.load(folder, { only })).kernel(entry.name);
    const { args, filled } = await buffers.arguments(described);
    const binding = bindings.find((one) => Object.entries(one.dtypes).every(([name, dtype]) => dtypes[name] === dtype));
    const specialized = specialize(binding!, { constants });
    const names = describeForCpu(specialized).written;
    const launch = kernel.prepare(grid, { ...args, ...this.#constants(candidate.build), ...dtypes });
    launch.run();
    const written = await writtenBy(device, filled, names);
    const programs = (grid as readonly number[]).reduce((product, size) => product * size, 1);
    return { candidate, args, launch, written, work: leastWork(specialized, programs, args, filled, names) };
  }

  #requireSame(
    shape: TuningShape,
    first: Candidate,
    { candidate, written }: Ready,
    expected: readonly Written[],
    tolerance: number,
  ): void {
    const found = difference(expected, written, tolerance);
    if (!found) return;
    const by = Number.isFinite(found.by) ? `${found.by.toPrecision(2)} of its largest number` : "numbers that are none";
    throw new InputError(
      `builds ${first.index} and ${candidate.index} of ${this.#given.entry.name} compute different numbers for ${shownShape(shape)}: ` +
        `${found.name} differs by ${by}`,
      "Speed is a choice between builds that compute the same: give in args what must fit the shape, or mend the kernel; `tolerance` allows for rounding.",
    );
  }
}

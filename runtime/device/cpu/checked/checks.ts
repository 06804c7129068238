import { type KernelChecks, TOUCH, type Trace } from "../../../../compiler/backends/wasm/index.js";
import { DeviceError } from "../../errors.js";
import { Unwritten } from "./unwritten.mjs";

/** What a checked device looks for besides accesses out of bounds; see `Device.open`. */
export interface CheckedOptions {
  /** Also ends a kernel at the first op that makes a NaN or an infinity of numbers. Default false. */
  readonly nan?: boolean;
  /** Runs the programs of a launch in an order that follows from this whole number, from 0 to 2^32 − 1. Default: one after another. */
  readonly order?: number;
}

/** What the workers of a checked device are given. */
export interface CheckedWork {
  readonly unwritten: SharedArrayBuffer;
  readonly touch: typeof TOUCH;
  readonly seed: number | null;
}

const MOST_SEED = 2 ** 32 - 1;

/** What TILESCRIPT_CHECKED and TILESCRIPT_ORDER ask for, which `tilescript run` sets; null for nothing. */
export function checkedByEnvironment(env: NodeJS.ProcessEnv): CheckedOptions | null {
  const { TILESCRIPT_CHECKED: checked = "", TILESCRIPT_ORDER: order = "" } = env;
  if (checked === "" && order === "") return null;
  if (!["", "memory", "nan"].includes(checked))
    throw new DeviceError(`TILESCRIPT_CHECKED is ${JSON.stringify(checked)}: it is memory or nan, or not set.`);
  if (order !== "" && !/^\d+$/.test(order)) throw wrongSeed(`TILESCRIPT_ORDER is ${JSON.stringify(order)}`);
  return { nan: checked === "nan", ...(order !== "" && { order: Number(order) }) };
}

/** The line that TILESCRIPT_TRACE names: `softmax.kernel.ts:15`, and behind `@` the program, `0,0,0`. */
export function tracedByEnvironment({ TILESCRIPT_TRACE: text = "" }: NodeJS.ProcessEnv): Trace | undefined {
  if (text === "") return undefined;
  const parts = /^(.+):([1-9]\d*)(?:@(\d+),(\d+),(\d+))?$/.exec(text);
  if (!parts) throw new DeviceError(`TILESCRIPT_TRACE is ${JSON.stringify(text)}: it is FILE:LINE or FILE:LINE@X,Y,Z.`);
  const [, file, line, ...program] = parts;
  const [x, y, z] = program.map((number) => Number(number ?? 0));
  return { file: file!, line: Number(line), program: [x!, y!, z!] };
}

const wrongSeed = (what: string): DeviceError =>
  new DeviceError(`${what}: the order of programs is a whole number from 0 to ${MOST_SEED}.`);

/** The state of a checked device. */
export class Checks {
  readonly work: CheckedWork;
  readonly kernels: KernelChecks;
  readonly #unwritten: Unwritten;

  /** @param reach bytes of the heap */
  constructor({ nan = false, order }: CheckedOptions, reach: number) {
    if (order !== undefined && (!Number.isInteger(order) || order < 0 || order > MOST_SEED))
      throw wrongSeed(`order is ${order}`);
    // A bit for each byte. It is the system's memory, and zero, until it is written.
    const unwritten = new SharedArrayBuffer(Math.ceil(reach / 8));
    this.#unwritten = new Unwritten(unwritten);
    this.work = { unwritten, touch: TOUCH, seed: order ?? null };
    this.kernels = { memory: true, finite: nan };
  }

  allocated(start: number, bytes: number): void {
    this.#unwritten.set(start, bytes, true);
  }

  written(start: number, bytes: number): void {
    this.#unwritten.set(start, bytes, false);
  }
}

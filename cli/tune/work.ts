import { workOf } from "../../compiler/build/work.js";
import { type Kernel, walkExpressions } from "../../compiler/ir/index.js";
import type { Arguments } from "../../runtime/device/device.js";
import type { Filled } from "./buffers.js";

/** What a launch must at least do, as far as it is known: bytes to and from memory, and operations of a kernel with matrix products. */
export interface LeastWork {
  readonly bytes?: number;
  readonly flops?: number;
}

const hasProducts = ({ body, functions }: Kernel): boolean => {
  let found = false;
  for (const statements of [body, ...functions.map((one) => one.body)])
    walkExpressions(statements, (expr) => {
      found ||= expr.kind === "op" && /^dot(?:Scaled)?$/.test(expr.op);
    });
  return found;
};

/**
 * From what program 0 does, times the programs. No buffer is counted more often than it must be: what is written and what was given is read, and
 * what is written is written. Loops whose turns are not known leave it open.
 * @param kernel with its constants
 */
export function leastWork(
  kernel: Kernel,
  programs: number,
  args: Arguments,
  filled: ReadonlyMap<string, Filled>,
  written: readonly string[],
): LeastWork {
  const values = Object.fromEntries(Object.entries(args).filter(([, value]) => typeof value === "number"));
  const work = workOf(kernel, values as Record<string, number>);
  if (work.length === 0 || work.some(({ loops }) => loops.length > 0)) return {};
  const [only] = work as [(typeof work)[number]];
  const sizes = [...filled].map(([name, { data, buffer }]) => {
    const isWritten = written.includes(name);
    return ((isWritten ? 1 : 0) + (data.pattern || !isWritten ? 1 : 0)) * buffer.bytes;
  });
  const once = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return {
    bytes: Math.min(once, programs * (only.readBytes + only.writtenBytes)),
    ...(hasProducts(kernel) && { flops: programs * only.flops }),
  };
}

const least = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 && known.length === values.length ? Math.min(...known) : undefined;
};

/** Of all builds the least: what a build does beyond that, such as tiles that reach over the edge, is its own loss. */
export const leastOf = (all: readonly LeastWork[]): LeastWork => ({
  bytes: least(all.map(({ bytes }) => bytes)),
  flops: least(all.map(({ flops }) => flops)),
});

/** Which build a launch takes where its constants and dtypes leave more than one. */
import type { KernelEntry, Tuned } from "../../compiler/bundle/index.js";
import type { Arguments, Device } from "./device.js";

/** Doublings between two sizes. Sizes below 1 count as 1. */
const doublings = (a: number, b: number): number => Math.abs(Math.log2(Math.max(a, 1) / Math.max(b, 1)));

const distance = ({ shape }: Tuned, args: Arguments): number =>
  Object.entries(shape).reduce((sum, [name, size]) => sum + doublings(size, Number(args[name])), 0);

/** What was measured on this very device, else on one of its architecture. */
export function tunedFor({ tuned = [] }: KernelEntry, { name, arch }: Pick<Device, "name" | "arch">): readonly Tuned[] {
  const mine = tuned.filter((one) => one.device === name);
  return mine.length > 0 ? mine : tuned.filter((one) => one.arch === arch);
}

/**
 * The one whose shape is the nearest to the arguments: the fewest doublings away, all sizes together; the first of equally near ones. Undefined
 * where nothing was measured.
 */
export function nearest<One extends Tuned>(tuned: readonly One[], args: Arguments): One | undefined {
  let best: One | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const one of tuned) {
    const far = distance(one, args);
    if (far >= least) continue;
    least = far;
    best = one;
  }
  return best;
}

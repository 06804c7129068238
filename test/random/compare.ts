import fc from "fast-check";
import { checked } from "./check.js";
import { bodies, fileOf } from "./kernels.js";
import type { Trial } from "./trial.js";

export interface Compared {
  readonly run: number;
  /** Those that `check` refuses: shifts by what happens to be known, and the like. */
  readonly refused: number;
  /** Of the first that differs, with what was made of it: the shortest kernel that still does. */
  readonly difference?: string;
}

/** Draws kernels and compares each; with the seed again the same ones. */
export async function compare(
  trial: Trial,
  seed: number,
  count: number,
  onProgress?: (run: number) => void,
): Promise<Compared> {
  let refused = 0;
  for (const { index, kernel } of checked(trial.frontend, trial.folder, seed, count)) {
    if (kernel === undefined) refused++;
    else if ((await trial.difference(kernel)) !== undefined)
      return { run: index + 1, refused, difference: await shrunk(trial, seed, index) };
    if ((index + 1) % 100 === 0) onProgress?.(index + 1);
  }
  return { run: count, refused };
}

async function shrunk(trial: Trial, seed: number, index: number): Promise<string> {
  let [shortest, what] = ["", ""];
  const property = fc.asyncProperty(bodies, async (body) => {
    const kernel = trial.check(body);
    const difference = kernel && (await trial.difference(kernel));
    if (difference === undefined) return true;
    [shortest, what] = [body, difference];
    return false;
  });
  await fc.check(property, { seed, path: String(index), interruptAfterTimeLimit: 120_000 });
  return `seed ${seed}, kernel ${index}: ${what}\n${fileOf([shortest])}`;
}

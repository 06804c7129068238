import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { check } from "../../compiler/check.js";
import { isError } from "../../compiler/diagnostics/index.js";
import type { Frontend } from "../../compiler/frontend/index.js";
import type { Kernel } from "../../compiler/ir/index.js";
import { bodies, fileOf } from "./kernels.js";

/** Kernels that are checked in one file. */
const TOGETHER = 200;

/** The kernels of bodies, by a file in the folder; undefined for each that `check` refuses. */
export function kernelsOf(frontend: Frontend, folder: string, all: readonly string[]): readonly (Kernel | undefined)[] {
  const file = join(folder, "random.kernel.ts");
  const text = fileOf(all);
  writeFileSync(file, text);
  const { diagnostics, kernels } = check([file], { project: folder, frontend });
  const errors = diagnostics.filter(isError);
  const lines = text.split("\n");
  const starts = all.map((_, index) => lines.findIndex((line) => line.startsWith(`export const k${index} =`)) + 1);
  const isRefused = (index: number): boolean =>
    errors.some(
      ({ span: { line } }) => line >= starts[index]! && line < (starts[index + 1] ?? Number.POSITIVE_INFINITY),
    );
  return all.map((_, index) => (isRefused(index) ? undefined : kernels.find(({ name }) => name === `k${index}`)));
}

/** The file of one drawn kernel. */
export const textOf = (seed: number, index: number): string =>
  fileOf(fc.sample(bodies, { seed, numRuns: index + 1 }).slice(-1));

/** Draws bodies, the same ones for a seed, and checks them. */
export function* checked(frontend: Frontend, folder: string, seed: number, count: number) {
  const drawn = fc.sample(bodies, { seed, numRuns: count });
  for (let at = 0; at < count; at += TOGETHER)
    for (const [offset, kernel] of kernelsOf(frontend, folder, drawn.slice(at, at + TOGETHER)).entries())
      yield { index: at + offset, kernel };
}

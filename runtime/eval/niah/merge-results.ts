/** Several runs that fill one table at the same time. */

import { accuracyOf, type NiahCell, type NiahResults, type NiahRun } from "./results.js";

/** Puts the answers into `ours` that `theirs` has and it has not; an error only where we have nothing at all. */
export function mergeResults(ours: NiahResults, theirs: NiahResults): void {
  for (const other of theirs.cells) {
    if (other.runs.length === 0) continue;
    let cell = ours.cells.find((one) => isSameCell(one, other));
    if (!cell) {
      cell = { ...other, accuracy: {}, runs: [] };
      ours.cells.push(cell);
    }
    for (const run of other.runs) {
      const known = cell.runs.find((one) => isSameQuestion(one, run));
      if (!known || (known.right === undefined && run.right !== undefined)) putRun(cell, run);
    }
  }
}

/** Puts a run into its cell, instead of an earlier one of the same question. */
export function putRun(cell: NiahCell, run: NiahRun): void {
  cell.runs = [...cell.runs.filter((one) => !isSameQuestion(one, run)), run].sort(
    (a, b) => a.needle - b.needle || Number(a.prefix) - Number(b.prefix),
  );
  cell.accuracy = { withPrefix: accuracyOf(cell, true), withoutPrefix: accuracyOf(cell, false) };
}

const isSameCell = (a: NiahCell, b: NiahCell): boolean =>
  a.attention === b.attention && a.context === b.context && a.depth === b.depth;

const isSameQuestion = (a: NiahRun, b: NiahRun): boolean => a.needle === b.needle && a.prefix === b.prefix;

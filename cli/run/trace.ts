import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { isFile, tracedLines } from "../../compiler/backends/wasm/index.js";
import { readManifest } from "../../compiler/bundle/index.js";
import { storedKernel } from "../../compiler/passes/index.js";
import { InputError } from "../report/errors.js";

/** A line as the user names it. */
export interface TracedLine {
  readonly file?: string;
  readonly line: number;
}

/** `15`, or `softmax.kernel.ts:15`. */
export function tracedLine(text: string): TracedLine {
  const parts = /^(?:(.+):)?([1-9]\d*)$/.exec(text);
  if (!parts) throw new InvalidArgumentError("Expected a line such as 15, or softmax.kernel.ts:15.");
  const [, file, line] = parts;
  return { line: Number(line), ...(file && { file: file.replace(/^\.\//, "") }) };
}

export type ProgramId = readonly [x: number, y: number, z: number];

/** `3`, `3,1` or `3,1,0`. */
export function programId(text: string): ProgramId {
  const numbers = text.split(",").map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.length > 3 || numbers.some((number) => !(number < 2 ** 31)))
    throw new InvalidArgumentError("Expected the numbers of a program, such as 3 or 0,2,1.");
  return [numbers[0]!, numbers[1] ?? 0, numbers[2] ?? 0];
}

/** The lines of the kernels in a bundle on which there is something to see. */
function linesOf(folder: string): readonly { readonly file: string; readonly line: number }[] {
  return readManifest(folder).manifest.kernels.flatMap(({ name, ir, builds }) =>
    ir.flatMap(({ dtypes, file }) =>
      tracedLines(storedKernel(readFileSync(join(folder, file.path), "utf8"), { name, dtypes, builds })),
    ),
  );
}

/** What a program is told at its end that has traced nothing. */
export const neverTraced = ({ line }: TracedLine, program: ProgramId): string =>
  `nothing was traced: program (${program.join(", ")}) of no launch came to line ${line}`;

/** The line as devices take it. Throws InputError where no kernel of the bundles has anything there, or several files may be meant. */
export function traceText({ file, line }: TracedLine, program: ProgramId, folders: readonly string[]): string {
  const all = folders.flatMap(linesOf);
  const files = [...new Set(all.map((one) => one.file))];
  const named = files.filter((one) => file === undefined || isFile({ file: one }, file));
  const list = files.join(", ") || "none";
  if (named.length === 0)
    throw new InputError(`the program has no kernel in ${file}`, `Files with something to trace: ${list}.`);
  const fitting = named.filter((one) => all.some((other) => other.file === one && other.line === line));
  if (fitting.length === 1) return `${fitting[0]}:${line}@${program.join(",")}`;
  if (fitting.length > 1)
    throw new InputError(`line ${line} may be of ${fitting.join(" or ")}`, `Say which: --trace FILE:${line}.`);
  const lines = [...new Set(all.filter((one) => named.includes(one.file)).map((one) => one.line))];
  throw new InputError(
    `nothing is given a value on line ${line} of ${named.join(", ")}`,
    `Lines where a statement begins that assigns, stores or returns numbers: ${lines.sort((a, b) => a - b).join(", ")}.`,
  );
}

/** A kernel at every stage, line by line: what `tilescript inspect` shows. */
import { readFileSync } from "node:fs";
import type { TritonOutput } from "../backends/triton/index.js";
import { sourcePath } from "../frontend/index.js";
import type { Kernel } from "../ir/index.js";
import { specialize } from "../passes/index.js";
import { jobOf } from "./job.js";
import { type Occupancy, occupancyOf } from "./occupancy.js";
import { type Place, type Placed, placedMlir, placedPtx, placedSass } from "./places.js";
import type { Unit } from "./plan.js";
import { type Work, workOf } from "./work.js";

export type Stage = "TypeScript" | "Triton" | "TTGIR" | "PTX" | "SASS";

export interface Line {
  /** Its number in its file; null where there is none to say. */
  readonly number: number | null;
  readonly text: string;
  /** The line of TypeScript that it is, or comes from: `matmul.kernel.ts:45`. */
  readonly at: string | null;
}

/** One text; of TypeScript one for each file. */
export interface Pane {
  readonly stage: Stage;
  /** The name of the file, of TypeScript. */
  readonly file: string | null;
  readonly lines: readonly Line[];
}

export interface Report {
  readonly kernel: string;
  readonly file: string;
  readonly line: number;
  readonly doc: string;
  readonly arch: number;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly dtypes: Readonly<Record<string, string>>;
  readonly warps: number;
  readonly stages: number;
  readonly registers: number;
  readonly spillBytes: number;
  readonly sharedBytes: number;
  readonly occupancy: Occupancy | null;
  readonly work: readonly Work[];
  readonly panes: readonly Pane[];
}

/** What Triton is asked for to inspect a unit. */
export const INSPECTED = { stages: ["ttgir", "ptx", "cubin", "sass"], lineInfo: true } as const;

const key = ({ file, line }: Place): string => `${file}:${line}`;

/** A text of a stage without empty lines at its end; assemblers leave some within, which say nothing. */
function paneOf(stage: Stage, { lines, places }: Placed): Pane {
  const shown = lines.flatMap((text, at) => {
    const place = places[at];
    // nvdisasm leaves room for a column that is not there.
    const short = text.replace(/^\s+(\/\*[\da-f]{4,}\*\/)\s+/, "  $1  ");
    return text.trim() === "" ? [] : [{ number: null, text: short, at: place ? key(place) : null }];
  });
  return { stage, file: null, lines: shown };
}

/** Lines above and below those that the kernel uses. */
const AROUND = 3;

/** The part of a source that a kernel is made of. */
function sourcePane(project: string, file: string, used: readonly number[]): Pane | null {
  let text: string;
  try {
    text = readFileSync(sourcePath(project, file), "utf8");
  } catch {
    // Of a bundle whose sources are elsewhere.
    return null;
  }
  const all = text.split("\n");
  const [first, last] = [Math.min(...used) - AROUND, Math.max(...used) + AROUND];
  const lines = all.flatMap((line, at) => {
    const number = at + 1;
    if (number < first || number > last) return [];
    return [{ number, text: line, at: key({ file, line: number }) }];
  });
  return { stage: "TypeScript", file, lines };
}

/** Lines of the sources by file: of the kernel, of functions that it calls, and of whatever a stage names. */
function usedLines(kernel: Kernel, panes: readonly Pane[]): Map<string, number[]> {
  const used = new Map<string, number[]>();
  const add = (file: string, line: number): void => void used.set(file, [...(used.get(file) ?? []), line]);
  for (const { span } of [kernel, ...kernel.functions])
    for (const line of [span.line, span.endLine]) add(span.file, line);
  for (const { at } of panes.flatMap(({ lines }) => lines)) {
    const [, file, line] = /^(.*):(\d+)$/.exec(at ?? "") ?? [];
    if (file !== undefined) add(file, Number(line));
  }
  return used;
}

/**
 * @param output of a job with `INSPECTED`
 * @param values of integer parameters, which decide how often loops turn
 */
export function inspected(
  unit: Unit,
  output: TritonOutput,
  project: string,
  values: Readonly<Record<string, number>>,
): Report {
  const { kernel, build, arch } = unit;
  const { job, lines } = jobOf(unit, INSPECTED);
  const files = [...new Set(lines.flatMap((span) => span?.file ?? []))];
  const triton = job.source.split("\n").map((text, at) => {
    const span = lines[at];
    return { number: at + 1, text, at: span ? key(span) : null };
  });
  const made: Pane[] = [
    { stage: "Triton", file: null, lines: triton },
    paneOf("TTGIR", placedMlir(output.ttgir ?? "", files)),
    paneOf("PTX", placedPtx(output.ptx ?? "", files)),
    paneOf("SASS", placedSass(output.sass ?? "", files)),
  ];
  const sources = [...usedLines(kernel, made)].flatMap(([file, used]) => sourcePane(project, file, used) ?? []);
  const { registers, spillStoreBytes, spillLoadBytes } = output.resources;
  const { numWarps: warps, numStages: stages, shared: sharedBytes } = output.metadata;
  return {
    kernel: kernel.name,
    file: kernel.file,
    line: kernel.span.line,
    doc: kernel.doc,
    arch,
    constants: build.constants,
    dtypes: kernel.dtypes,
    warps,
    stages,
    registers,
    spillBytes: spillStoreBytes + spillLoadBytes,
    sharedBytes,
    occupancy: occupancyOf(arch, { registers, sharedBytes, warps }),
    work: workOf(specialize(kernel, build), values),
    panes: [...sources, ...made],
  };
}

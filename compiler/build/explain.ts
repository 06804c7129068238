/** What became of the accesses and products of a kernel, read from its PTX by the lines of its TypeScript. */
import { type DeviceFunction, type Kernel, type Stmt, walkExpressions } from "../ir/index.js";
import { specialize } from "../passes/index.js";
import type { Made } from "./assemble.js";
import { jobOf } from "./job.js";
import { placedPtx } from "./places.js";

type Kind = "load" | "store" | "atomic" | "dot";

/** Instructions of one kind that a line became. */
export interface Explained {
  readonly file: string;
  readonly line: number;
  readonly kind: Kind;
  /** `cp.async of 16 bytes`, `wgmma m64n64k16`. */
  readonly how: string;
  /** Instructions in the text; a thread runs those of loops more than once. */
  readonly count: number;
}

/** What compileUnits is asked for to explain units. */
export const EXPLAINED = { stages: ["ptx"], lineInfo: true } as const;

/** Bytes that an instruction moves for a thread, from its suffixes: `.v4.b32` are 16. */
function bytesOf(suffixes: string): number {
  const vector = Number(/\.v(\d)\b/.exec(suffixes)?.[1] ?? 1);
  return (vector * Number(/\.[busf](\d+)\b/.exec(suffixes)?.[1] ?? 0)) / 8;
}

const of = (bytes: number): string => `of ${bytes} byte${bytes === 1 ? "" : "s"}`;

interface Instruction {
  readonly pattern: RegExp;
  readonly kind: Kind;
  readonly how: (found: RegExpExecArray) => string;
}

/** The first that matches says what an instruction is. */
const INSTRUCTIONS: readonly Instruction[] = [
  { pattern: /\bcp\.async\.bulk\.tensor\.\dd\.shared/, kind: "load", how: () => "TMA (cp.async.bulk.tensor)" },
  {
    pattern: /\bcp\.(?:reduce\.)?async\.bulk\.tensor\.\dd\.global/,
    kind: "store",
    how: () => "TMA (cp.async.bulk.tensor)",
  },
  {
    pattern: /\bcp\.async\.c[ag]\.shared\.global\b.*, (0x[\da-f]+|\d+)/,
    kind: "load",
    how: ([, bytes]) => `cp.async ${of(Number(bytes))}`,
  },
  {
    pattern: /\bld((?:\.[\w:]+)*\.global(?:\.[\w:]+)*)/,
    kind: "load",
    how: ([, rest]) => `ld.global ${of(bytesOf(rest!))}`,
  },
  {
    pattern: /\bst((?:\.[\w:]+)*\.global(?:\.[\w:]+)*)/,
    kind: "store",
    how: ([, rest]) => `st.global ${of(bytesOf(rest!))}`,
  },
  {
    pattern: /\b(atom|red)((?:\.[\w:]+)*\.global(?:\.[\w:]+)*)/,
    kind: "atomic",
    how: ([, name, rest]) => `${name}.global ${of(bytesOf(rest!))}`,
  },
  { pattern: /\bwgmma\.mma_async\.\S*?\.(m\d+n\d+k\d+)/, kind: "dot", how: ([, shape]) => `wgmma ${shape}` },
  { pattern: /\bmma\.sync\.\S*?\.(m\d+n\d+k\d+)/, kind: "dot", how: ([, shape]) => `mma ${shape}` },
  { pattern: /\btcgen05\.mma\b/, kind: "dot", how: () => "tcgen05.mma" },
];

function instructionIn(text: string): { readonly kind: Kind; readonly how: string } | undefined {
  for (const { pattern, kind, how } of INSTRUCTIONS) {
    const found = pattern.exec(text);
    if (found) return { kind, how: how(found) };
  }
  return undefined;
}

/** Counts instructions by the lines of these files; those of Triton's own library belong to the line that calls it. */
export function explainPtx(ptx: string, files: readonly string[]): readonly Explained[] {
  const counted = new Map<string, Explained>();
  const { lines, places } = placedPtx(ptx, files);
  for (const [at, text] of lines.entries()) {
    const place = places[at];
    const found = place && instructionIn(text);
    if (!place || !found) continue;
    const key = JSON.stringify([place, found]);
    counted.set(key, { ...place, ...found, count: (counted.get(key)?.count ?? 0) + 1 });
  }
  return [...counted.values()];
}

/** Places of the products of a kernel. */
function dotsOf({ body, functions }: Kernel): { readonly file: string; readonly line: number }[] {
  const found: { file: string; line: number }[] = [];
  const find = (statements: readonly Stmt[]): void =>
    walkExpressions(statements, (expr) => {
      if (expr.kind === "op" && expr.op === "dot") found.push({ file: expr.span.file, line: expr.span.line });
    });
  for (const each of [body, ...functions.map((one: DeviceFunction) => one.body)]) find(each);
  return found;
}

/** What the lines of a unit became, in the order of the text. A product without an instruction of its own is done in sums of products. */
export function explained({ unit, output }: Made): readonly Explained[] {
  const { lines } = jobOf(unit, EXPLAINED);
  const files = [...new Set(lines.flatMap((span) => span?.file ?? []))];
  const found = explainPtx(output.ptx ?? "", files);
  const dots = dotsOf(specialize(unit.kernel, unit.build)).filter(
    ({ file, line }) => !found.some((one) => one.kind === "dot" && one.file === file && one.line === line),
  );
  const without = dots.map((place): Explained => ({ ...place, kind: "dot", how: "fma, no tensor cores", count: 0 }));
  const order = (file: string): number => files.indexOf(file);
  return [...found, ...without].sort((a, b) => order(a.file) - order(b.file) || a.line - b.line);
}

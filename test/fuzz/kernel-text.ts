import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emitTriton } from "../../compiler/backends/triton/emit/index.js";
import { compileForCpu } from "../../compiler/backends/wasm/index.js";
import { buildsOf } from "../../compiler/build/index.js";
import { type Checked, check } from "../../compiler/check.js";
import { type Diagnostic, DiagnosticError, isError } from "../../compiler/diagnostics/index.js";
import { createFrontend } from "../../compiler/frontend/index.js";
import { DTYPE_NAMES, type Kernel, printKernel } from "../../compiler/ir/index.js";
import { specialize } from "../../compiler/passes/index.js";
import { type Draw, draws, pick } from "../cases/draws.js";
import { processorTime } from "../processor-time.js";
import { noteInput } from "./harness/noted-input.js";
import { type Budget, Fault } from "./harness/target.js";

/** Mutated text of kernels through check, specialize, emit and the CPU's compiler: all of it ends in a diagnostic with a place, or passes. */
export const name = "kernel-text";

const MOST_SECONDS = 10;
const MOST_BYTES = 2 * 2 ** 30;
/** Larger kernels are not compiled to WebAssembly: that is what takes the time, and the small ones have all of its cases. */
const SMALL = 4_000;
/** A file with a table of kernels in it takes as long as several inputs may. */
const LARGEST = 8_000;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The kernels that are mutated: self-contained files of the repository, the shortest first. */
function seeds(): readonly string[] {
  const folders = ["examples", "test/cases", "test/compiler/emit"];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".kernel.ts"))
      .map((file) => readFileSync(join(root, folder, file), "utf8")),
  );
  return files
    .filter((text) => text.length < LARGEST && !/from "\.{1,2}\//.test(text))
    .sort((a, b) => a.length - b.length);
}

const TOKEN = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"[^"\n]*"|`[^`]*`|\d[\w.]*|[\w$]+|=>|===|!==|<=|>=|&&|\|\||[^\w\s]/g;

const NUMBERS =
  "0 1 2 3 7 16 64 100 255 256 1024 65536 2147483647 2147483648 4294967296 9007199254740993 1e400 -1 -0.0 0.1 2.5 1e-9 NaN Infinity -Infinity 5n".split(
    " ",
  );
const DTYPES = [...DTYPE_NAMES, "float"].map((one) => `"${one}"`);
const TYPES = [
  "Int",
  "I64",
  "U32",
  "F32",
  "Bool",
  'Ptr<"f32">',
  'Ptr<"i32">',
  'Ptr<"f16">',
  'Const<"N">',
  "Tile",
  "any",
  "string",
  "unknown",
];
const EXPRESSIONS = [
  "programId(0)",
  "arange(0, 16)",
  'zeros([16], "f32")',
  "load(x)",
  "true",
  "x",
  "n",
  "(1 / 0)",
  "(5 % 0)",
  "null",
  '"text"',
  "[1, 2]",
  "{ a: 1 }",
  "(() => 1)",
];
const OPERATORS = "+ - * / % & | ^ << >> >>> && || < > <= >= === !== ** ?? , = += ! ~ ? : . ( ) [ ] { } ;".split(" ");
/** Around a statement: what runs it again, in other scopes, or not at all. */
const AROUND: readonly ((text: string) => string)[] = [
  (text) => `if (programId(0) > 1) { ${text} }`,
  (text) => `if (true) { ${text} } else { ${text} }`,
  (text) => `for (const q of range(0, 4)) { ${text} }`,
  (text) => `for (const q of range(0, 4294967296)) { ${text} }`,
  (text) => `for (const q of staticRange(0, 8)) { ${text} }`,
  (text) => `while (false) { ${text} }`,
  (text) => `{ ${text} }`,
  (text) => `const f = () => { ${text} }; f();`,
  (text) => `${text} ${text}`,
];

const isWord = (token: string): boolean => /^[\w$]+$/.test(token);

/** One change of a list of tokens; each gives the tokens that stand in the place of the one at `at`. */
const CHANGES: readonly ((tokens: readonly string[], at: number, draw: Draw) => readonly string[])[] = [
  () => [],
  (tokens, at) => [tokens[at]!, " ", tokens[at]!],
  (tokens, _at, draw) => [pick(tokens, draw)],
  (tokens, at, draw) => (/^\d/.test(tokens[at]!) ? [pick(NUMBERS, draw)] : [tokens[at]!]),
  (tokens, at, draw) => (/^"/.test(tokens[at]!) ? [pick(DTYPES, draw)] : [tokens[at]!]),
  (tokens, at, draw) => (isWord(tokens[at]!) ? [pick(tokens.filter(isWord), draw)] : [tokens[at]!]),
  (tokens, at, draw) => (isWord(tokens[at]!) ? [pick([...EXPRESSIONS, ...NUMBERS], draw)] : [tokens[at]!]),
  (tokens, at, draw) => (/^(?:Int|F32|Ptr|Const|Tile|number)$/.test(tokens[at]!) ? [pick(TYPES, draw)] : [tokens[at]!]),
  (tokens, at, draw) => (isWord(tokens[at]!) ? [tokens[at]!] : [pick(OPERATORS, draw)]),
  (tokens, at, draw) => {
    const times = pick([3, 30, 199, 3_000], draw);
    return isWord(tokens[at]!) ? ["(".repeat(times), tokens[at]!, ")".repeat(times)] : [tokens[at]!];
  },
  (tokens, at, draw) => {
    const times = pick([3, 30, 180, 3_000], draw);
    return isWord(tokens[at]!) ? [tokens[at]!, ` + ${tokens[at]}`.repeat(times)] : [tokens[at]!];
  },
];

/** A whole line that looks like a statement, inside something else. */
function nested(text: string, draw: Draw): string {
  const lines = text.split("\n");
  const statements = lines.flatMap((line, index) => (/^\s+\w.*;\s*$/.test(line) ? [index] : []));
  if (statements.length === 0) return text;
  const at = pick(statements, draw);
  let inner = lines[at]!;
  for (let times = Math.ceil(draw() ** 4 * 60); times > 0; times--) {
    const next = pick(AROUND, draw)(inner);
    if (next.length > 20_000) break;
    inner = next;
  }
  return lines.with(at, inner).join("\n");
}

function swapped(tokens: readonly string[], draw: Draw): readonly string[] {
  const [a, b] = [Math.floor(draw() * tokens.length), Math.floor(draw() * tokens.length)];
  return tokens.with(a, tokens[b]!).with(b, tokens[a]!);
}

/** A kernel file with one to four changes. */
function mutated(text: string, draw: Draw): string {
  let result = text;
  for (let changes = 1 + Math.floor(draw() ** 2 * 4); changes > 0; changes--) {
    if (draw() < 0.15) {
      result = nested(result, draw);
      continue;
    }
    const tokens = result.match(TOKEN) ?? [];
    if (tokens.length < 2) return result;
    if (draw() < 0.1) result = swapped(tokens, draw).join("");
    else {
      // What a file begins with are its imports: a change there tells little.
      const at = Math.floor((0.1 + draw() * 0.9) * tokens.length);
      result = [...tokens.slice(0, at), ...pick(CHANGES, draw)(tokens, at, draw), ...tokens.slice(at + 1)].join("");
    }
  }
  return result;
}

const LINES = /\r\n|[\n\r\u2028\u2029]/;

function outside(found: readonly Diagnostic[], text: string, file: string): string | undefined {
  const lines = text.split(LINES);
  const wrong = found.find(({ span }) => {
    const line = lines[span.line - 1];
    return span.file !== file || line === undefined || span.column < 1 || span.column > line.length + 1;
  });
  return wrong && `the place ${wrong.span.file}:${wrong.span.line}:${wrong.span.column} of ${wrong.code} is outside`;
}

function compile(kernel: Kernel, small: boolean): void {
  printKernel(kernel);
  emitTriton(kernel);
  for (const build of buildsOf(kernel).slice(0, 2)) {
    const special = specialize(kernel, build);
    if (small) compileForCpu(special);
  }
}

/** One folder, and one frontend that keeps what it knows of the language. */
class Trial {
  readonly #folder: string;
  readonly #frontend = createFrontend();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs texts through everything; gives the fault, if there is one. */
  async fault(texts: readonly string[]): Promise<string | undefined> {
    const seconds = processorTime();
    try {
      const fault = await this.#faultOf(texts);
      if (fault) return fault;
    } catch (error) {
      if (!(error instanceof DiagnosticError))
        return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    // Of this process alone: other work on the machine is no fault.
    const took = seconds();
    if (took > MOST_SECONDS) return `it took ${took.toFixed(1)} s`;
    const { rss } = process.memoryUsage();
    return rss > MOST_BYTES ? `the process has ${rss} bytes` : undefined;
  }

  /** A mistake in one file keeps the builds of all from being tried: what has none is checked again, without the others. */
  async #faultOf(texts: readonly string[]): Promise<string | undefined> {
    const { diagnostics, kernels } = this.#check(texts);
    const internal = diagnostics.find(({ code }) => code === "TS-K1099");
    if (internal) return internal.message;
    for (const [index, text] of texts.entries()) {
      const mine = texts.length === 1 ? diagnostics : diagnostics.filter(({ span }) => span.file === fileName(index));
      const wrong = outside(mine, text, fileName(index));
      if (wrong) return wrong;
    }
    const stray = diagnostics.find(({ span }) => !texts.some((_, index) => span.file === fileName(index)));
    if (stray) return `the place of ${stray.code} is in ${stray.span.file}`;
    const faulty = new Set(diagnostics.filter(isError).map(({ span }) => span.file));
    if (faulty.size === 0) {
      const lengths = new Map(texts.map((text, index) => [fileName(index), text.length]));
      for (const kernel of kernels) compile(kernel, lengths.get(kernel.file)! < SMALL);
      return undefined;
    }
    const sound = texts.filter((_, index) => !faulty.has(fileName(index)));
    return sound.length > 0 ? this.#faultOf(sound) : undefined;
  }

  #check(texts: readonly string[]): Checked {
    const files = texts.map((_, index) => join(this.#folder, fileName(index)));
    for (const [index, file] of files.entries()) writeFileSync(file, texts[index]!);
    return check(files, { project: this.#folder, frontend: this.#frontend });
  }
}

const fileName = (index: number): string => `k${index}.kernel.ts`;

/** Runs one text through everything; gives the fault, if there is one. */
export const faultOf = (text: string, folder: string): Promise<string | undefined> => new Trial(folder).fault([text]);

/** Files that share a checker, which takes most of the time of one that is checked alone; few, since all of them have the time of one input. */
const TOGETHER = 4;

/** @param deadline when to end, in milliseconds since 1970 */
export async function run({ seed, deadline }: Budget): Promise<{ inputs: number }> {
  const folder = mkdtempSync(join(tmpdir(), "tilescript-fuzz-"));
  const bases = seeds();
  const trial = new Trial(folder);
  // Seeds that follow each other must not have mutants in common.
  const draw = draws(Math.imul(seed, 0x9e3779b1));
  let inputs = 0;
  try {
    // What loads the language is no part of the first input.
    await trial.fault(bases.slice(0, 1));
    // On a busy machine, loading the language alone may take the time that there is.
    do {
      // The short ones more often: a mutant takes time by its length.
      const short = () => draw() ** 2;
      const texts = Array.from({ length: TOGETHER }, () => mutated(pick(bases, short), draw));
      inputs += texts.length;
      noteInput(inputs, texts);
      const fault = await trial.fault(texts);
      if (fault) throw await asFault(fault, texts, { seed, tried: inputs, trial });
    } while (Date.now() < deadline);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { inputs };
}

/** With the one text that is to blame, if it is one alone. */
async function asFault(
  fault: string,
  texts: readonly string[],
  { trial, ...at }: { readonly seed: number; readonly tried: number; readonly trial: Trial },
): Promise<Fault> {
  for (const text of texts) {
    const alone = await trial.fault([text]);
    if (alone) return new Fault(alone, { ...at, input: text });
  }
  return new Fault(fault, { ...at, input: texts });
}

/** @param input a text, or some that are checked together */
export async function replay(input: unknown): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tilescript-fuzz-"));
  try {
    const fault = await new Trial(folder).fault([input].flat() as string[]);
    if (fault) throw new Error(fault);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

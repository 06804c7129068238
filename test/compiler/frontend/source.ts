import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as language from "tilescript";
import { createFrontend, type Lowered } from "../../../compiler/frontend/index.js";
import { type Kernel, printKernel } from "../../../compiler/ir/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const TYPES = ["Bool", "Const", "Descriptor", "DType", "F32", "I64", "Int", "Mask", "Ptr", "Scalar", "Tile", "U32"];
const NAMES = Object.keys(language).filter((name) => !name.endsWith("Error"));

/** Everything of the language, imported on one line: a source's own first line is line 2. */
export const IMPORTS = `import { ${[...NAMES, ...TYPES.map((name) => `type ${name}`)].join(", ")} } from "tilescript";\n`;

const frontend = createFrontend();

export type Files = Readonly<Record<string, string>>;

/** A folder with these files. */
export function folderOf(files: Files): string {
  const folder = temporaryFolder("frontend");
  write(folder, files);
  return folder;
}

let clock = Date.now() / 1000;

/** Writes files so that their times differ from those of all files before. */
export function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    clock += 1;
    utimesSync(join(folder, name), clock, clock);
  }
}

/** Lowers `k.kernel.ts`, given whole or as one source that may use all names of the language. */
export function lowered(source: string | Files): Lowered {
  const files = typeof source === "string" ? { "k.kernel.ts": IMPORTS + source } : source;
  return frontend.lower(["k.kernel.ts"], { root: folderOf(files) });
}

/** The one draft of a source that has no problems. */
export function draft(source: string | Files): Kernel {
  const { drafts, diagnostics } = lowered(source);
  const first = diagnostics[0];
  if (first !== undefined) throw new Error(`${first.span.line}:${first.span.column} ${first.code} ${first.message}`);
  return drafts[0]!;
}

/** The IR of a source as text. */
export const printed = (source: string | Files): string => `\n${printKernel(draft(source)).trim()}\n`;

/** The IR of statements in a kernel that has a bit of everything as parameters. */
export function body(statements: string, before = ""): string {
  const text = printed(
    `${before}
export const k = kernel(({ x, out, i, n, s, wide, flag, B, CAUSAL }: {
  x: Ptr<"f32">; out: Ptr<"f32">; i: Ptr<"i32">; n: Int; s: F32; wide: I64; flag: Bool; B: Const<"B">; CAUSAL: Const<"CAUSAL", boolean>;
}) => {
${statements}
});`,
  );
  const lines = text.trim().split("\n");
  const kernel = lines.findIndex((line) => line.startsWith("kernel "));
  const inner = lines.slice(kernel + 1, -1).map((line) => line.replace(/^ {2}/, ""));
  return `\n${[...lines.slice(0, kernel), ...inner].join("\n")}\n`;
}

/** Problems as `line:column code message`, with lines counted in the source itself. */
export function problems(source: string | Files): readonly string[] {
  const shift = typeof source === "string" ? 1 : 0;
  return lowered(source).diagnostics.map(
    ({ span, code, message }) => `${span.line - shift}:${span.column} ${code} ${message}`,
  );
}

/** The codes and hints of the problems in statements of a kernel. */
export function complaints(statements: string, before = ""): readonly string[] {
  const source = `${before}
export const k = kernel(({ x, out, n, B }: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; B: Const<"B"> }) => {
${statements}
});`;
  return lowered(source).diagnostics.map(({ code, message, hint }) => `${code} ${message}${hint ? ` → ${hint}` : ""}`);
}

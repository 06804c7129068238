import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { check } from "../../compiler/check.js";
import { isError } from "../../compiler/diagnostics/index.js";
import { declarations } from "../../scripts/reference/declarations.mjs";
import { temporaryFolder } from "../temporary-folder.js";
import { kernelAround } from "./examples/kernel.js";

const all = declarations(fileURLToPath(new URL("../../dsl/index.ts", import.meta.url)));
const language = new Set(all.map(({ name }) => name));
const functions = all.filter(({ signatures }) => signatures.length > 0);

/** Examples of a name in a kernel each, checked together: the name and what is wrong with it. */
function problemsOf(texts: readonly { readonly name: string; readonly text: string }[]): readonly string[] {
  const folder = temporaryFolder("language-examples");
  const files = texts.map(({ name, text }, index) => {
    const path = join(folder, `${name}-${index}.kernel.ts`);
    writeFileSync(path, text);
    return path;
  });
  const { kernels, diagnostics } = check(files, { project: folder });
  expect(kernels).toHaveLength(files.length);
  return diagnostics
    .filter(isError)
    .map(
      ({ span, message }) =>
        `${texts[files.findIndex((file) => file.endsWith(span.file))]!.text}\n${span.line}: ${message}`,
    );
}

test("every function's examples compile, in a kernel around them", { timeout: 120_000 }, () => {
  const texts = functions.flatMap(({ name, examples }) =>
    examples.map((example) => ({ name, text: kernelAround(name, example, language) })),
  );
  expect(texts.length).toBeGreaterThan(170);
  expect(problemsOf(texts)).toEqual([]);
});

const OF_OPTIONS: Readonly<Record<string, string>> = {
  divisible: 'kernel((p: { rowStride: Int; x: Ptr<"f32"> }) => store(p.x + p.rowStride, 1), { builds: [{ $ }] })',
  specialize:
    'kernel((p: { a: Ptr<"f32">; b: Ptr<"f32">; strideBK: Int; strideBN: Int }) => { const i = arange(0, 16); store(p.a + i, load(p.b + i * p.strideBK + programId(0) * p.strideBN)); }, { builds: [{ $ }] })',
  tune: 'kernel((p: { a: Ptr<"f32">; BM: Const<"BM">; BN: Const<"BN">; BK: Const<"BK"> }) => store(p.a + arange(0, p.BM), p.BN + p.BK), { builds: [{ constants: { BM: 16, BN: 16, BK: 16 } }], $ })',
};

test("options' examples are options of a kernel", () => {
  const members = all.flatMap(({ members }) => members.filter(({ examples }) => examples.length > 0));
  expect(members.map(({ name }) => name).sort()).toEqual(Object.keys(OF_OPTIONS).sort());
  const texts = members.map(({ name, examples: [example] }) => {
    // Behind the options stands a launch.
    const options = example!.replace(/\n\/\/ and at the launch:[\s\S]*/, "");
    const text = OF_OPTIONS[name]!.replace("$", options);
    const names = [...language].filter((one) => new RegExp(`\\b${one}\\b`).test(text));
    return { name, text: `import { ${names.join(", ")} } from "tilescript";\nexport const k = ${text};\n` };
  });
  expect(problemsOf(texts)).toEqual([]);
});

/** What stands around the examples of types, which are of programs that launch. */
const OF_TYPES: Readonly<Record<string, (example: string) => string>> = {
  TileScriptError: (example) => `import { TileScriptError } from "tilescript";
declare const model: { generate(prompt: string): Promise<void> };
declare const prompt: string;
declare const console: { error(...values: unknown[]): void };
${example}`,
  KernelArguments: (example) => `import type { Buffer, Const, Int, Kernel, KernelArguments, Ptr } from "tilescript";
declare const matmul: Kernel<{ a: Ptr<"f16">; b: Ptr<"f16">; c: Ptr<"f16">; M: Int; N: Int; K: Int; BM: Const<"BM"> }>;
declare const [a, b, c]: [Buffer, Buffer, Buffer];
export ${example}`,
};

test("types' examples are TypeScript", () => {
  const types = all.filter(({ signatures, examples }) => signatures.length === 0 && examples.length > 0);
  const folder = temporaryFolder("type-examples");
  const files = types.map(({ name, examples: [example] }) => {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, OF_TYPES[name]!(example!));
    return path;
  });
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    paths: { tilescript: [fileURLToPath(new URL("../../dsl/index.ts", import.meta.url))] },
  });
  const wrong = files.flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)));
  expect(wrong.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))).toEqual([]);
});

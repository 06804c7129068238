import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { ensureEnvironment } from "../compiler/backends/triton/index.js";
import { check } from "../compiler/check.js";
import { DTYPES } from "../compiler/ir/index.js";
import { temporaryFolder } from "./temporary-folder.js";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = readFileSync(at("../docs/triton.md"), "utf8");
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) ?\|$/gm)].map(([, name, ours]) => ({
    name: name!,
    ours: [...ours!.matchAll(/`(.+?)`/g)].map(([, text]) => text!),
  }));
const [ofTriton, ofLibdevice] = page.split("**libdevice.**") as [string, string];
const rows = rowsOf(ofTriton);

const FILE = at("../dsl/index.ts");
const program = ts.createProgram([FILE], { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext });
const checker = program.getTypeChecker();
const language = new Map(
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(FILE)!)!).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return [symbol.name, ts.displayPartsToString(target.getDocumentationComment(checker))] as const;
  }),
);

test("docs/triton.md has every name of triton.language once, in order, and no other", {
  timeout: 120_000,
}, async () => {
  const { python } = await ensureEnvironment({ extras: ["test"] });
  const code = "import json, triton.language as tl; print(json.dumps(sorted(tl.__all__)))";
  const names = JSON.parse(execFileSync(python, ["-I", "-B", "-c", code], { encoding: "utf8" })) as string[];
  expect(rows.map(({ name }) => name)).toEqual(names);
  // Of the others each says why.
  expect(rows.filter(({ ours }) => ours.length > 0).length).toBeGreaterThanOrEqual(135);
});

test("what docs/triton.md names is of the language", () => {
  const named = rows.flatMap(({ ours }) => ours);
  const words = named.filter((text) => /^\w+$/.test(text));
  expect(words.filter((word) => !language.has(word))).toEqual([]);
  const dtypes = named.flatMap((text) => /^"(\w+)"$/.exec(text)?.[1] ?? []);
  expect([...dtypes].sort()).toEqual(Object.keys(DTYPES).sort());
});

test("what a function says to be in Triton, docs/triton.md says too", () => {
  const theirs = new Map(rows.map(({ name, ours }) => [name, ours]));
  const wrong = [...language].flatMap(([name, doc]) =>
    [...doc.matchAll(/Triton: `tl\.(\w+)(?:`|\()/g)]
      .filter(([, triton]) => theirs.has(triton!) && !theirs.get(triton!)!.includes(name))
      .map(([, triton]) => `${name}: tl.${triton}`),
  );
  expect(wrong).toEqual([]);
});

/** libdevice's dtypes. Unsigned integers it gives as signed ones, and truth as an integer. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  fp32: ["f32"],
  fp64: ["f64"],
  int32: ["i32", "u32", "bool"],
  int64: ["i64", "u64"],
  uint32: ["u32"],
  uint64: ["u64"],
};

test("every function of libdevice has a row, which stands for it on all dtypes that it takes", {
  timeout: 120_000,
}, async () => {
  const { python } = await ensureEnvironment({ extras: ["test"] });
  const listed = execFileSync(python, ["-I", "-B", at("reference/libdevice_signatures.py")], { encoding: "utf8" });
  const theirs = JSON.parse(listed) as Record<string, readonly (readonly [readonly string[], string])[]>;
  const table = rowsOf(ofLibdevice);
  expect(table.map(({ name }) => name)).toEqual(Object.keys(theirs).sort());

  const cases = table.flatMap(({ name, ours }) =>
    theirs[name]!.map(([given, result]) => ({ name, code: ours[0], given, result })),
  );
  expect(cases.filter(({ code }) => code === undefined)).toEqual([]);
  expect(cases.length).toBeGreaterThan(290);

  const names = ["a", "b", "c", "d"];
  const kernels = cases.map(({ code, given }, index) => {
    const params = given.map((dtype, i) => `${names[i]}: Ptr<"${OURS[dtype]![0]}">`);
    const loads = given.map((_, i) => `const v${i} = load(p.${names[i]} + at);`);
    const operands = given.map((_, i) => `v${i}`);
    const isCall = /^\w+$/.test(code!);
    const value = isCall
      ? `${code}(${operands.join(", ")})`
      : code!.replace(/\b[abc]\b/g, (name) => `v${names.indexOf(name)}`);
    return `export const k${index} = kernel((p: { ${params.join("; ")} }) => {
  const at = arange(0, 16);
  ${loads.join("\n  ")}
  const result = ${value};
});`;
  });
  const used = [...language.keys()].filter((name) => new RegExp(`\\b${name}\\(`).test(kernels.join("\n")));
  const text = [`import { ${[...used, "type Ptr"].join(", ")} } from "tilescript";`, ...kernels].join("\n");
  const folder = temporaryFolder("libdevice-rows");
  writeFileSync(join(folder, "k.kernel.ts"), text);
  const checked = check([join(folder, "k.kernel.ts")], { project: folder });
  expect(checked.diagnostics.map(({ span, message }) => `${text.split("\n")[span.line - 1]}: ${message}`)).toEqual([]);
  const wrong = cases.filter(({ result }, index) => {
    const { body } = checked.kernels.find(({ name }) => name === `k${index}`)!;
    const last = body.at(-1)!;
    const type = last.kind === "assign" ? last.value.type : undefined;
    return type?.kind !== "tile" || !OURS[result]!.includes(type.dtype);
  });
  expect(wrong).toEqual([]);
});

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { ensureEnvironment } from "../compiler/backends/triton/index.js";
import { DTYPES } from "../compiler/ir/index.js";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = readFileSync(at("../docs/triton.md"), "utf8");
const rows = [...page.matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) ?\|$/gm)].map(([, name, ours]) => ({
  name: name!,
  ours: [...ours!.matchAll(/`(.+?)`/g)].map(([, text]) => text!),
}));

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

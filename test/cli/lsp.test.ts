import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";
import { Editor } from "./lsp-client.js";
import { folderWith } from "./run-cli.js";

const ROWS = `import { arange, type Const, kernel, load, max, type Ptr, split, store } from "tilescript";
import { half } from "./half.js";

export const rows = kernel(({ x, out, BLOCK }: { x: Ptr<"f16">; out: Ptr<"f32">; BLOCK: Const<"BLOCK"> }) => {
  const at = arange(0, BLOCK);
  const row = load(x + at) * 2.0;
  const top = max(row, 0);
  store(out + at, half(row - top));
}, { builds: [{ constants: { BLOCK: 64 } }] });
`;
const HALF = "export function half(v: number): number {\n  const h = v * 0.5;\n  return h;\n}\n";

let editor: Editor;
afterEach(() => editor.child.kill("SIGKILL"));

/** An editor with a folder open, and addresses of files in it. */
async function editing(files: Readonly<Record<string, string>>) {
  const folder = folderWith(files);
  editor = new Editor(folder);
  const { result } = await editor.initialize(folder);
  return { folder, result, uri: (name: string) => pathToFileURL(join(folder, name)).href };
}

const all = { start: { line: 0, character: 0 }, end: { line: 1000, character: 0 } };

/** The answer to a request about the first place where this text stands. */
const hover = async (uri: string, text: string, what: string): Promise<string | null> => {
  const before = text.slice(0, text.indexOf(what)).split("\n");
  const position = { line: before.length - 1, character: before.at(-1)!.length };
  const { result } = await editor.ask("textDocument/hover", { textDocument: { uri }, position });
  return (result as { contents: { value: string } } | null)?.contents.value ?? null;
};

test("problems follow the text in the editor, saved or not, until the documents are closed", async () => {
  const { uri, result } = await editing({ "half.ts": HALF });
  expect(result).toMatchObject({ capabilities: { hoverProvider: true, inlayHintProvider: true } });
  const file = uri("rows.kernel.ts");
  editor.open(file, ROWS);
  expect((await editor.problems(file, 1)).diagnostics).toEqual([]);
  editor.change(file, ROWS.replace("out + at, half", "out + arange(0, 32), half"), 2);
  editor.change(file, ROWS.replace("max(row, 0)", "max(row, 3)"), 3);
  const [problem, ...others] = (await editor.problems(file, 3)).diagnostics;
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    severity: 1,
    source: "tilescript",
    code: expect.stringMatching(/^TS-K2\d{3}$/),
    range: { start: { line: 6, character: 14 } },
  });
  expect(fileURLToPath(problem!.codeDescription!.href)).toMatch(/docs\/errors\.md$/);
  expect(problem!.codeDescription!.href.endsWith(`#${problem!.code.toLowerCase()}`)).toBe(true);
  expect(editor.received.filter(({ params }) => params?.version === 2)).toEqual([]);
  // A file that is imported and not saved counts, too, and has its problems under its own address.
  editor.open(uri("half.ts"), HALF.replace("v * 0.5", "Math.sinh(v)"));
  expect((await editor.problems(uri("half.ts"), 1)).diagnostics).toMatchObject([
    { code: "TS-K1006", message: expect.stringContaining("hint: "), range: { start: { line: 1, character: 12 } } },
  ]);
  editor.change(file, ROWS, 4);
  editor.notify("textDocument/didClose", { textDocument: { uri: uri("half.ts") } });
  expect((await editor.problems(uri("half.ts"))).diagnostics).toEqual([]);
  editor.notify("textDocument/didClose", { textDocument: { uri: file } });
  expect((await editor.problems(file)).diagnostics).toEqual([]);
  expect((await editor.ask("shutdown")).result).toBeNull();
  editor.notify("exit", {});
  expect(await editor.ended()).toBe(0);
}, 120_000);

test("notes lead to related places", async () => {
  const { uri } = await editing({});
  const text = ROWS.replace(/import { half.*\n/, "").replace("half(row - top)", "arange(0, 32)");
  editor.open(uri("k.kernel.ts"), text.replace("BLOCK: 64", "BLOCK: 60"));
  const { diagnostics } = await editor.problems(uri("k.kernel.ts"), 1);
  expect(diagnostics[0]!.relatedInformation).toMatchObject([
    { message: expect.stringContaining("because of line"), location: { uri: uri("k.kernel.ts") } },
  ]);
}, 120_000);

test("names say their types, and ops what they do and what Triton calls them", async () => {
  const { uri } = await editing({ "half.ts": HALF });
  const [rows, half] = [uri("rows.kernel.ts"), uri("half.ts")];
  editor.open(rows, ROWS);
  editor.open(half, HALF);
  const { result } = await editor.ask("textDocument/inlayHint", { textDocument: { uri: rows }, range: all });
  const lines = ROWS.split("\n");
  const shown = (result as { position: { line: number; character: number }; label: string }[]).map(
    ({ position, label }) => lines[position.line]!.slice(0, position.character).trim() + label,
  );
  expect(shown).toEqual(["const at: i32[BLOCK]", "const row: f16[BLOCK]", "const top: f16"]);
  const inside = await editor.ask("textDocument/inlayHint", { textDocument: { uri: half }, range: all });
  expect(inside.result).toMatchObject([{ label: ": f16[BLOCK]", position: { line: 1, character: 9 } }]);
  const few = await editor.ask("textDocument/inlayHint", {
    textDocument: { uri: rows },
    range: { start: { line: 5, character: 0 }, end: { line: 5, character: 0 } },
  });
  expect(few.result).toMatchObject([{ label: ": f16[BLOCK]" }]);
  expect(await hover(rows, ROWS, "row - top")).toContain("(variable) row: Tile<[BLOCK], f16>");
  expect(await hover(rows, ROWS, 'x: Ptr<"f16">')).toContain("(parameter) x: Ptr<f16>");
  const max = await hover(rows, ROWS, "max(row, 0)");
  expect(max).toContain("(op) max: f16");
  expect(max).toContain("In Triton: `tl.max(");
  expect(max).toContain("```typescript\nconst top = max(");
  expect(await hover(rows, ROWS, "builds")).toBeNull();
  expect(await hover(rows, ROWS, "import")).toBeNull();
}, 120_000);

test("a generic kernel, a pattern and a namespace: all types of a name, each name its own", async () => {
  const { uri } = await editing({});
  const text = `import * as tl from "tilescript";
export const pair = tl.kernel(<T extends "f16" | "f32">({ x, B }: { x: tl.Ptr<T>; B: tl.Const<"B"> }) => {
  const all = tl.load(x + tl.arange(0, B));
  const [first, second] = tl.split(tl.reshape(all, [tl.floorDiv(B, 2), 2]));
  let v: tl.Tile = first + second;
  for (const i of tl.range(4)) v = v + i;
  tl.store(x + tl.arange(0, tl.floorDiv(B, 2)), v);
}, { builds: [{ constants: { B: 64 }, dtypes: { T: "f16" } }, { constants: { B: 64 }, dtypes: { T: "f32" } }] });
`;
  const file = uri("pair.kernel.ts");
  editor.open(file, text);
  expect((await editor.problems(file, 1)).diagnostics).toEqual([]);
  const { result } = await editor.ask("textDocument/inlayHint", { textDocument: { uri: file }, range: all });
  expect((result as { label: string }[]).map(({ label }) => label)).toEqual([
    ": f16[B] | f32[B]",
    ...new Array(3).fill(": f16[B // 2] | f32[B // 2]"),
  ]);
  expect(await hover(file, text, "load(x")).toContain("(op) load: Tile<[B], f16>\n(op) load: Tile<[B], f32>");
  expect(await hover(file, text, "second]")).toContain("(variable) second: Tile<[B // 2], f16>");
}, 120_000);

test("bad requests get errors, strange documents nothing, and the server goes on", async () => {
  const { folder, uri } = await editing({ "gone.kernel.ts": ROWS, "tsconfig.json": "{ not json" });
  expect((await editor.ask("textDocument/nothing", {})).error?.code).toBe(-32601);
  expect((await editor.ask("textDocument/hover", {})).error).toBeDefined();
  expect((await editor.ask("textDocument/hover", { textDocument: { uri: 5 }, position: null })).result).toBeNull();
  expect((await editor.ask("textDocument/inlayHint", [1, 2])).error).toBeDefined();
  editor.raw("Content-Length: 9\r\n\r\n{ broken ");
  editor.notify("textDocument/didChange", {
    textDocument: { uri: uri("never-opened.ts"), version: 3 },
    contentChanges: [{}],
  });
  editor.notify("textDocument/didChange", {});
  editor.open("untitled:Untitled-1", ROWS);
  editor.open("file:///nowhere/at%2Fall.kernel.ts", ROWS);
  editor.open("file:///nowhere/k.kernel.ts", "import { kernel } from 'tilescript';");
  expect((await editor.problems("file:///nowhere/k.kernel.ts", 1)).diagnostics).toEqual([]);
  expect(await hover("untitled:Untitled-1", ROWS, "row")).toBeNull();
  // Deep, endless and unreadable kernels are problems of their own files.
  const deep = `import { kernel, store, type Ptr } from "tilescript";
export const k = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, ${"(".repeat(3000)}1${")".repeat(3000)}));`;
  editor.open(uri("deep.kernel.ts"), deep);
  editor.open(uri("binary.kernel.ts"), "\0\x01\x02".repeat(1000));
  editor.open(uri("gone.kernel.ts"), `${ROWS.replace("./half.js", "./nowhere.js")}`);
  expect((await editor.problems(uri("deep.kernel.ts"), 1)).diagnostics).toMatchObject([{ severity: 1 }]);
  expect((await editor.problems(uri("gone.kernel.ts"), 1)).diagnostics).not.toEqual([]);
  rmSync(join(folder, "gone.kernel.ts"));
  editor.notify("workspace/didChangeWatchedFiles", { changes: [{ uri: uri("gone.kernel.ts"), type: 3 }] });
  editor.change(uri("gone.kernel.ts"), "import { kernel } from 'tilescript';", 2);
  expect((await editor.problems(uri("gone.kernel.ts"), 2)).diagnostics).toEqual([]);
  expect((await editor.ask("shutdown")).error).toBeUndefined();
  editor.child.stdin!.end();
  expect(await editor.ended()).toBe(0);
}, 180_000);

test("what other programs write is seen once the editor tells of it", async () => {
  const folder = folderWith({ "half.ts": HALF });
  editor = new Editor(folder);
  await editor.initialize(folder, { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } });
  const registered = await editor.first(({ method }) => method === "client/registerCapability");
  expect(JSON.stringify(registered.params)).toContain("tsconfig");
  editor.send({ id: registered.id, result: null });
  const [rows, half] = ["rows.kernel.ts", "half.ts"].map((name) => pathToFileURL(join(folder, name)).href) as [
    string,
    string,
  ];
  editor.open(rows, ROWS);
  expect((await editor.problems(rows, 1)).diagnostics).toEqual([]);
  writeFileSync(join(folder, "half.ts"), HALF.replace("v * 0.5", "Math.sinh(v)"));
  editor.notify("workspace/didChangeWatchedFiles", { changes: [{ uri: half, type: 2 }] });
  expect((await editor.problems(half)).diagnostics).toMatchObject([{ code: "TS-K1006" }]);
}, 120_000);

import type { Files } from "../compiler/frontend/source.js";
import type { Wrong } from "./program.js";

const HEAD = 'import { kernel, load, store, type Ptr } from "tilescript";\n';
const using = (imports: string, value: string): string =>
  `${HEAD}${imports}\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, ${value}); });\n`;
const files = (imports: string, value: string, others: Files): Files => ({
  "k.kernel.ts": using(imports, value),
  ...others,
});

/** Imports, other files, and texts that are none. */
export const FILES: readonly Wrong[] = [
  ["TS-K1022", files('import { f } from «"./gone.js"»;', "f(load(x))", {}), "no such file"],
  [
    "TS-K1022",
    files('import { «relo» } from "./act.js";', "relo(load(x))", {
      "act.ts": "export const relu = (v: number): number => v;",
    }),
    "relu",
  ],
  [
    "TS-K1022",
    files('import { «relu» } from "./act.js";', "relu(load(x))", {
      "act.ts": "const relu = (v: number): number => v; relu(1);\nexport {};",
    }),
    "export",
  ],
  [
    "TS-K1022",
    files('import { relu } from «"./act.js"»;', "relu(load(x))", { "act.js": "export const relu = (v) => v;" }),
    /TypeScript|\.ts/,
  ],
  [
    "TS-K1022",
    files('import { relu } from «"act"»;', "relu(load(x))", {
      "node_modules/act/package.json": '{ "name": "act", "main": "index.js" }',
      "node_modules/act/index.js": "exports.relu = (v) => v;",
    }),
    /TypeScript|\.ts/,
  ],
  ["TS-K1022", files('import { relu } from «"leftpad-of-tiles"»;', "relu(load(x))", {}), /install|path|find/],
  [
    "TS-K1022",
    files('import { relu } from «"@lib/act.js"»;', "relu(load(x))", {
      "act.ts": "export const relu = (v: number): number => v;",
    }),
    /paths|install|tsconfig/,
  ],
  [
    "TS-K1022",
    files('import «relu» from "./act.js";', "relu(load(x))", {
      "act.ts": "export const relu = (v: number): number => v;",
    }),
    /\{ relu \}/,
  ],
  [
    "TS-K1006",
    files('import { relu } from "./act.js";', "relu(load(x))", {
      "act.ts": "export const relu = (v: number): number => «Math.max(v, 0)»;",
    }),
    "maximum(a, b)",
  ],
  [
    "TS-K1004",
    files('import { relu } from "./act.js";', "relu(load(x))", {
      "act.ts": "export const relu = (v: number): number => «missing» * v;",
    }),
    "declare it",
  ],
  [
    "TS-K1022",
    files('import { relu } from "./act.js";', "relu(load(x))", { "act.ts": 'export { relu } from «"./deep.js"»;' }),
    "no such file",
  ],
  [
    "TS-K1001",
    files('import { relu } from "./act.js";', "relu(load(x))", {
      "act.ts": "export const relu = (v: number): number => «;»",
    }),
    /expected/,
  ],
  [
    "TS-K1005",
    files('import { SCALE } from "./c.js";', "«SCALE»", {
      "c.ts": "export let SCALE = 2.0; export const f = () => { SCALE = 3.0; };",
    }),
    "const",
  ],
  [
    "TS-K1044",
    files('import { CFG } from "./c.js";', "CFG.scale", {
      "c.ts": "export const CFG = { scale: 2.0 };\n«CFG.scale = 3.0»;",
    }),
    "one expression",
  ],
  [
    "TS-K1044",
    files('import { CFG } from "./c.js"; «CFG.scale = 3.0»;', "CFG.scale", {
      "c.ts": "export const CFG = { scale: 2.0 };",
    }),
    "one expression",
  ],
  [
    "TS-K1005",
    files('import { B } from "./c.js";', "«B»", { "c.ts": "export const B = Number(process.argv[2]);" }),
    /parameter/,
  ],
  [
    "TS-K1021",
    files('import * as act from "./act.js";', "act.«relo»(load(x))", {
      "act.ts": "export const relu = (v: number): number => v;",
    }),
    "relu",
  ],
  [
    "TS-K1005",
    files('import CFG from "./c.json";', "«CFG».scale", { "c.json": '{ "scale": 2.0 }' }),
    /\.ts|module|const/,
  ],
  [
    "TS-K1001",
    files('import type { f } from "./f.js";', "«f»(load(x))", { "f.ts": "export const f = (v: number): number => v;" }),
    /type/,
  ],
  [
    "TS-K1011",
    files('import { f } from "./f.js";', "f(load(x))", {
      "f.ts": 'import { g } from "./g.js"; export const f = (v: number): number => g(v);',
      "g.ts": 'import { f } from "./f.js"; export const g = (v: number): number => «f(v)»;',
    }),
    /loop/,
  ],
  [
    "TS-K1006",
    files('import { f } from "./f.js";', "«f»(load(x))", {
      "f.d.ts": "export declare const f: (v: number) => number;",
    }),
    /TypeScript|\.ts|body/,
  ],
  ["TS-K1004", files("", "«readFileSync»('x')", {}), /declare|import/],
  [
    "TS-K1005",
    files('import { readFileSync } from "node:fs";', "«readFileSync('x')»", {}),
    "the program that launches",
  ],
  [
    "TS-K1001",
    {
      "k.kernel.ts":
        'import { «kernal», store, type Ptr } from "tilescript";\nexport const k = kernal(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); });',
    },
    "kernel",
  ],
  [
    "TS-K1022",
    {
      "k.kernel.ts":
        'import { kernel, «stor», type Ptr } from "tilescript";\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { stor(x, 1.0); });',
    },
    "store",
  ],
  [
    "TS-K1004",
    {
      "k.kernel.ts":
        'import { kernel, store } from "tilescript";\nexport const k = kernel(({ x }: { x: «Ptr»<"f32"> }) => { store(x, 1.0); });',
    },
    "import { type Ptr }",
  ],
  [
    "TS-K1022",
    {
      "k.kernel.ts":
        'import tl from «"triton"»;\nimport { kernel, store, type Ptr } from "tilescript";\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, tl.load(x)); });',
    },
    /tilescript|install|find/,
  ],
  [
    "TS-K1001",
    {
      "k.kernel.ts":
        'import { kernel, store, type Ptr } from "tilescript";\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0);\n«»',
    },
    /expected/,
  ],
  [
    "TS-K1001",
    {
      "k.kernel.ts":
        'import { kernel, store, type Ptr } from "tilescript";\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, "one); });«»\n',
    },
    /Unterminated/,
  ],
  ["TS-K1001", { "k.kernel.ts": "import triton\n«@»triton.jit\ndef k(x):\n  tl.store(x, 1.0)\n" }, "decorator"],
  ["TS-K1001", { "k.kernel.ts": "«»\u0000\u0001\u0002\u007fELF\u0000\u0000" }, "Invalid character"],
  [
    "TS-K1001",
    {
      "k.kernel.ts": `${HEAD}«<<<<<<<» HEAD\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); });\n=======\n>>>>>>> main\n`,
    },
    /[Mm]erge/,
  ],
];

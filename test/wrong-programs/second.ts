import type { Wrong } from "./program.js";

/** Second cases of the kinds in the other tables, which look different from the first. */
export const SECOND: readonly Wrong[] = [
  ["TS-K1006", "store(out + at, «load(x + at).astype»(1));", "to(x"],
  ["TS-K1006", "const v = load(x + at); store(out, «v.mean»());", "sum(x, axis) / n"],
  ["TS-K1004", "store(out, «crypto».getRandomValues(x));", /host|declare/],
  ["TS-K1004", "store(out + «thread_idx», 1.0);", "declare it"],
  ["TS-K1004", "store(out + at, «broadcast_to»(s, [B]));", "broadcastTo"],
  [
    "TS-K1013",
    "const acc = zeros([B], 'f32'); for (const j of range(n)) { «acc» += load(x + at + j); } store(out + at, acc);",
    "let",
  ],
  [
    "TS-K2025",
    "let acc = zeros([B], 'f32'); for (const j of range(n)) { «acc» += load(x + j * B + col(at)); } store(out + at, acc);",
    "shape of the value",
  ],
  ["TS-K1017", "for (const [a, b] of «out») store(a, b);", "range"],
  ["TS-K1017", "for (const j of «s») store(out + j, 1.0);", "range(s)"],
  ["TS-K2008", "const g = exp; store(out, «g(n)»);", 'to(x, "f32")'],
  ["TS-K1051", "let g = «abs»; g = exp; store(out, g(s));", "const"],
  ["TS-K1021", "const p = { scale: 2.0, shift: 1.0 }; store(out, s * p.«scael»);", "scale"],
  ["TS-K1021", "const { hi, «lo» } = { hi: 1.0, low: 2.0 }; store(out, hi + lo);", "hi, low"],
  ["TS-K1015", "if («s = 1.0 && flag») store(out, 1.0);", "==="],
  ["TS-K1015", "while («flag = n > 0») store(out, 1.0);", "==="],
  ["TS-K1001", "if (n > 3 «or» flag) store(out, 1.0);", "||"],
  ["TS-K1001", "const y2 = 1.0 «if» n > 0 else 2.0; store(out, y2);", "condition ? a : b"],
  ["TS-K1001", "const f = lambda «v»: v + 1; store(out, f(s));", "=>"],
  ["TS-K1001", "if («0 <= n < 5») store(out, 1.0);", "b && b < c"],
  ["TS-K1001", "store(out + at, load(x + at) * «(load(y + at) > 0)»);", "where("],
  ["TS-K2002", "store(out + at, «cat(load(x + at), s)»);", "one shape"],
  ["TS-K2035", "const «[v]» = load(x + at); store(out, v);", "split(x)"],
  ["TS-K2012", "store(out + at, «col(load(x + at))»);", "reshape("],
  ["TS-K2011", "atomicAdd(«1.0», out);", "pointer comes first"],
  ["TS-K2012", "store(x + at, «join(load(x + at), load(x + at))»);", "reshape("],
  ["TS-K2001", "let v = «maxWithIndex(load(x + at), 0)» + 1; store(out, v);", "elements"],
  ["TS-K1001", "if («s !== NaN») store(out, 1.0);", "isnan"],
  ["TS-K1003", "const w: number[] = «new Array(4)»; store(out, w[0]!);", /zeros/],
  ["TS-K1008", "const W = [1, 2] as const; store(out, W[«n»]!);", "where("],
  [
    "TS-K1003",
    "const pick = (v: number): number => { «switch (v) { case 1: return 1.0; default: return 2.0; }» }; K { store(out, pick(s)); }",
    "else if",
  ],
  ["TS-K1005", "const SIZES = new Set([64]); K { store(out + «SIZES».size, 1.0); }", "module-level const"],
  ["TS-K1003", "const f = () => { «throw new Error();» }; K { store(out, f()); }", "deviceAssert"],
  ["TS-K1004", "function relu(v: number) { return Math.max(0, v); } K { store(out, «relo»(s)); }", "relu"],
  [
    "TS-K1031",
    'export const k = kernel(({ x, q }: { x: Ptr<"f32">; «q: Uint8Array» }) => { store(x, q[0]!); });',
    'Ptr<"u8">',
  ],
  ["TS-K1031", 'export const k = kernel(({ x, n }: { x: Ptr<"f32">; «n: I32» }) => { store(x + n, 1.0); });', "Int"],
  [
    "TS-K2016",
    'export const k = kernel(({ d, x, B }: { «d: Descriptor<"f16", [16, Const<"B">]>»; x: Ptr<"f16">; B: Const<"B"> }) => { store(x, sum(loadTensorDescriptor(d, [0, 0]))); }, { builds: [{ constants: { B: 48 } }] });',
    "64",
  ],
  ["TS-K1034", 'export var k = «kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })»;', "const"],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, «{ defaults: [{ warps: 8 }] }»);',
    "defaults must be an object",
  ],
  [
    "TS-K1022",
    {
      "k.kernel.ts":
        'import { kernel, store, type Ptr } from "tilescript";\nimport { scale } from «"./util"»;\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, scale(1.0)); });',
    },
    "no such file",
  ],
  [
    "TS-K1005",
    {
      "k.kernel.ts":
        'import { kernel, store, type Ptr } from "tilescript";\nimport { join } from "node:path";\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, «join»("a")); });',
    },
    "the program that launches",
  ],
  [
    "TS-K1021",
    {
      "k.kernel.ts":
        'import { kernel, store, type Ptr } from "tilescript";\nimport * as u from "./u.js";\nexport const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, u.«FACTR»); });',
      "u.ts": "export const FACTOR = 2.0;",
    },
    "FACTOR",
  ],
];

import type { Wrong } from "./program.js";

const B64 = "{ builds: [{ constants: { B: 64 } }] }";

/** Parameters, builds and exports. */
export const DECLARATIONS: readonly Wrong[] = [
  // Parameters
  ["TS-K1031", "export const k = kernel(({ x }: { «x: Float32Array» }) => { store(x, 1.0); });", 'Ptr<"f32">'],
  ["TS-K1031", 'export const k = kernel(({ x, n }: { x: Ptr<"f32">; «n: number» }) => { store(x + n, 1.0); });', "Int"],
  ["TS-K1031", 'export const k = kernel(({ x, n }: { x: Ptr<"f32">; «n: bigint» }) => { store(x + n, 1.0); });', "I64"],
  [
    "TS-K1031",
    'export const k = kernel(({ x, on }: { x: Ptr<"f32">; «on: boolean» }) => { if (on) store(x, 1.0); });',
    "Bool",
  ],
  [
    "TS-K1031",
    'export const k = kernel(({ x, mode }: { x: Ptr<"f32">; «mode: string» }) => { if (mode === "a") store(x, 1.0); });',
    'Const<"mode", string>',
  ],
  ["TS-K1031", 'export const k = kernel(({ x }: { «x: Ptr<"float32">» }) => { store(x, 1.0); });', '"f32"'],
  ["TS-K1031", 'export const k = kernel(({ x }: { «x: Ptr<"u128">» }) => { store(x, 1); });', "f32"],
  ["TS-K1031", "export const k = kernel(({ x }: { «x: Ptr» }) => { store(x, 1); });", "f32"],
  [
    "TS-K1031",
    `export const k = kernel(({ x, B }: { x: Ptr<"f32">; «B: Const» }) => { store(x + B, 1.0); }, ${B64});`,
    'Const<"B">',
  ],
  [
    "TS-K1001",
    'export const k = kernel((p: { x: Ptr<"f32">; bias?: Ptr<"f32"> }) => { store(p.x, load(«p.bias» + 1)); });',
    "if (p.bias !== undefined)",
  ],
  [
    "TS-K1001",
    'export const k = kernel(({ x, n }: { x: Ptr<"f32">; n?: Int }) => { store(x + «n», 1); });',
    "if (n !== undefined)",
  ],
  [
    "TS-K2085",
    'export const k = kernel((p: { x: Ptr<"f32">; bias?: Ptr<"f32"> }) => { store(p.x, load(«p.bias!» + 1)); });',
    "if (p.bias !== undefined)",
  ],
  [
    "TS-K2085",
    'export const k = kernel(({ x, n }: { x: Ptr<"f32">; n?: Int }) => { let m = «n»; if (m === undefined) m = 1; store(x + m, 1); });',
    "!== undefined",
  ],
  [
    "TS-K1053",
    'export const k = kernel((p: { x: Ptr<"f32">; n?: Int }) => { store(p.x, «p.n» ? 1 : 0); });',
    "p.n !== undefined",
  ],
  [
    "TS-K1032",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; «B: Const<"BLOCK">» }) => { store(x + B, 1.0); }, ' +
      B64 +
      ");",
    'Const<"B">',
  ],
  [
    "TS-K1031",
    `export const k = kernel(({ x, B }: { x: Ptr<"f32">; «B?: Const<"B">» }) => { store(x + B, 1.0); }, ${B64});`,
    "leave the question mark out",
  ],
  [
    "TS-K1003",
    'export const k = kernel(({ x, «n = 5» }: { x: Ptr<"f32">; n: Int }) => { store(x + n, 1.0); });',
    /pass|launch/,
  ],
  [
    "TS-K1003",
    'export const k = kernel(({ x, «...rest» }: { x: Ptr<"f32">; n: Int }) => { store(x + rest.n, 1.0); });',
    /name/,
  ],
  ["TS-K1030", 'export const k = kernel((«x: Ptr<"f32">, n: Int») => { store(x + n, 1.0); });', "{ x, n }"],
  ["TS-K1030", 'export const k = kernel((«x: Ptr<"f32">») => { store(x, 1.0); });', "({ x, n }"],
  ["TS-K1030", "export const k = kernel((«{ x }») => { store(x, 1.0); });", /type|Ptr/],
  ["TS-K1031", 'export const k = kernel(({ x }: { «x: Ptr<"f32">[]» }) => { store(x[0]!, 1.0); });', /Ptr|each/],
  [
    "TS-K1031",
    'export const k = kernel(({ p }: { «p: { x: Ptr<"f32"> }» }) => { store(p.x, 1.0); });',
    /flat|own|parameter/,
  ],
  [
    "TS-K1031",
    'export const k = kernel(({ x, t }: { x: Ptr<"f32">; «t: Tile<[16], "f32">» }) => { store(x + arange(0, 16), t); });',
    "Ptr",
  ],
  [
    "TS-K1031",
    'export const k = kernel(({ x, f }: { x: Ptr<"f32">; «f: (v: number) => number» }) => { store(x, f(1.0)); });',
    /Const|module|function/,
  ],
  [
    "TS-K1031",
    'export const k = kernel(({ x, s }: { x: Ptr<"f32">; «s: Scalar<"float">» }) => { store(x, s); });',
    "f32",
  ],
  [
    "TS-K1031",
    'export const k = kernel(({ x, d }: { x: Ptr<"f32">; «d: Descriptor<"f16">» }) => { store(x, 1.0); });',
    /block|\[/,
  ],
  [
    "TS-K1021",
    'interface P { x: Ptr<"f32">; n: Int } export const k = kernel((p: P) => { store(p.x + p.«m», 1.0); });',
    /x, n|there/,
  ],
  ["TS-K1030", 'export const k = kernel(«async ({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }»);', "write kernel("],
  ["TS-K1019", 'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { «return load(x);» });', "store("],
  ["TS-K2027", 'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => «load(x)»);', "assign it"],
  [
    "TS-K1004",
    'const body = ({ x }: { x: Ptr<"f32"> }) => { store(x, «missing»); }; export const k = kernel(body);',
    "declare it",
  ],
  [
    "TS-K1033",
    'export const k = kernel(<«T extends "f16" | "float"»>({ x }: { x: Ptr<T> }) => { store(x, 1.0); }, { builds: [{ dtypes: { T: "f16" } }] });',
    '"float" is no dtype',
  ],
  ["TS-K1033", "export const k = kernel(<«T»>({ x }: { x: Ptr<any>; y: T }) => { store(x, 1.0); });", "extends"],
  // Builds
  [
    "TS-K3001",
    'export const k = «kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); })»;',
    "constants: { B",
  ],
  [
    "TS-K1042",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: [«{}»] });',
    "B",
  ],
  [
    "TS-K1042",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: [{ constants: { B: 64, «C: 1» } }] });',
    "B",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: [{ constants: { «B: "64"» } }] });',
    /number/,
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: [{ constants: { «B: 0.5» } }] });',
    /whole|integer/,
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «num_warps: 4» }] });',
    "write warps",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «numStages: 4» }] });',
    "write stages",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «warps: 6» }] });',
    "power of two",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «warps: 64» }] });',
    "32",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «stages: 0» }] });',
    "1",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «stages: "3"» }] });',
    "1",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «ctas: 3» }] });',
    /1|power/,
  ],
  [
    "TS-K1040",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, «{ builds: { warps: 4 } }»);',
    /\[/,
  ],
  [
    "TS-K1001",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { «build»: [{ warps: 4 }] });',
    "builds",
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «divisible: ["y"]» }] });',
    /x/,
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x, s }: { x: Ptr<"f32">; s: F32 }) => { store(x, s); }, { builds: [{ «divisible: ["s"]» }] });',
    /pointer|integer/,
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ specialize: [{ «one: ["x"]» }] }] });',
    /integer/,
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }, { builds: [{ «alignment: "checkd"» }] });',
    /checked/,
  ],
  [
    "TS-K1045",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: [{ constants: { B: 64 } }, «{ constants: { B: 64 } }»] });',
    /Const|earlier|remove/,
  ],
  [
    "TS-K1040",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: [{ constants: { B: «Number(process.env.B)» } }] });',
    /without running|literal|number/,
  ],
  [
    "TS-K1041",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { tune: ["B", «"C"»], builds: [{ constants: { B: 64 } }] });',
    "B",
  ],
  [
    "TS-K1041",
    'export const k = kernel((p: { x: Ptr<"f32">; bias?: Ptr<"f32">; B: Const<"B"> }) => { store(p.x + p.B, 1.0); }, { tune: [«"bias"»], builds: [{ constants: { B: 64 } }] });',
    "B",
  ],
  [
    "TS-K1043",
    'export const k = kernel(<T extends "f16" | "f32">({ x }: { x: Ptr<T> }) => { store(x, 1.0); }, { builds: [{ dtypes: { «T: "bf16"» } }] });',
    "f16",
  ],
  [
    "TS-K3001",
    'export const k = «kernel(<T extends "f16" | "f32">({ x }: { x: Ptr<T> }) => { store(x, 1.0); })»;',
    "dtypes: { T",
  ],
  [
    "TS-K2016",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + «arange(0, B)», 1.0); }, { builds: [{ constants: { B: 64 } }, { constants: { B: 100 } }] });',
    "128",
  ],
  [
    "TS-K1044",
    'const list = [{ constants: { B: 64 } }]; «list.push({ constants: { B: 128 } })»; export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: list });',
    /write|all|flatMap|copy/,
  ],
  [
    "TS-K1040",
    'export const k = kernel(({ x, B }: { x: Ptr<"f32">; B: Const<"B"> }) => { store(x + B, 1.0); }, { builds: «makeBuilds()» });\nfunction makeBuilds() { const all = []; for (const B of [64]) all.push({ constants: { B } }); return all; }',
    /map|literal|without/,
  ],
  // Where a kernel is declared
  ["TS-K1034", 'export const kernels = { k: «kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })» };', "const"],
  ["TS-K1034", 'export let k = «kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })»;', "const"],
  ["TS-K1034", 'export default «kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })»;', "const"],
  [
    "TS-K1034",
    'export function make() { return «kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })»; }',
    "const",
  ],
  ["TS-K1034", '«kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })»;', "const"],
  [
    "TS-K1034",
    'for (const w of [1]) { const k = «kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); })»; }',
    "const",
  ],
  ["TS-K1030", 'export const k = «kernel("k")»;', "write kernel("],
  ["TS-K1030", "export const k = «kernel()»;", "write kernel("],
  [
    "TS-K1006",
    'export const a = kernel(({ x }: { x: Ptr<"f32"> }) => { store(x, 1.0); }); export const b = kernel(({ x }: { x: Ptr<"f32"> }) => { «a»({ x }); });',
    /function|kernel/,
  ],
];

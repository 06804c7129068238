/** What the names in the examples of the language's documentation stand for: parameters of a kernel, as `: Type`, or values in it. */

const tile = (pointer: string): string => `load(${pointer} + lane)`;
const square = (dtype: string, rows = 32, columns = 32): string => `load(${dtype} + at_${rows}_${columns})`;

/** Names that mean the same wherever they stand; any other is a vector of f32. */
export const GIVEN: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["BLOCK", "BM", "BN", "BK", "HALF", "SPLITS"].map((name) => [name, "32"])),
  ...Object.fromEntries(["M", "N", "K"].map((name) => [name, "64"])),
  LOG2E: "1.4426950408889634",
  ...Object.fromEntries(
    "n start stride tiles seed step slot bin word k limit".split(" ").map((name) => [name, ": Int"]),
  ),
  ...Object.fromEntries("flags lock owner parity ready programsOf".split(" ").map((name) => [name, ': Ptr<"i32">'])),
  ...Object.fromEntries("rows columns at i index".split(" ").map((name) => [name, "lane"])),
  ...Object.fromEntries("inside live mask".split(" ").map((name) => [name, "lane < 5"])),
  ...Object.fromEntries("out c history".split(" ").map((name) => [name, ': Ptr<"f32">'])),
  ...Object.fromEntries("bits bit digits words indices order keys".split(" ").map((name) => [name, tile("i32")])),
  ...Object.fromEntries("scores distances".split(" ").map((name) => [name, square("f32")])),
  numbers: tile("i32"),
  table: ': Ptr<"i64">',
  bias: "load(f32 + arange(0, 32))",
  acc: "zeros([32, 32], 'f32')",
  total: "to(0, 'f32')",
};

const matrices = { x: square("f16"), y: square("f16") };
const pointer = { x: ': Ptr<"f32">' };
const whole = (dtype: string) => `: Descriptor<"${dtype}", [32, 32]>`;
const integers = { d: whole("i32"), least: square("i32"), most: square("i32"), bits: square("i32") };

/** Where a name stands for something else. */
export const GIVEN_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  numWarps: { rows: ": Int" },
  atomicAdd: { counts: ': Ptr<"i32">', bin: "lane" },
  atomicMax: { top: ': Ptr<"i32">', row: ": Int", best: ": Int" },
  atomicMin: { first: ': Ptr<"i32">', row: ": Int", index: ": Int" },
  atomicXor: { bits: ": Int" },
  atomicAnd: { bit: ": Int" },
  atomicOr: { bit: ": Int" },
  sum: { counts: tile("i32"), x: square("f32") },
  umulhi: { bits: tile("u32"), limit: ': Scalar<"u32">' },
  load: { a: ': Ptr<"f32">' },
  dtypeOf: pointer,
  staticPrint: pointer,
  staticRange: pointer,
  asin: pointer,
  range: matrices,
  dot: matrices,
  trans: { q: square("f16"), k: square("f16") },
  to: { p: square("f32"), v: square("bf16") },
  dotScaled: {
    x: square("f8e4m3", 32, 64),
    xScale: square("u8", 32, 2),
    w: square("u8"),
    wScale: square("u8", 32, 2),
  },
  inlineAsm: { x: tile("f16"), y: tile("f16") },
  reduce: { x: square("f32"), indices: square("i32") },
  maximum: { top: "load(f32 + arange(0, 32))" },
  sort: { scores: "load(f32 + lane)" },
  philox64: { at: tile("i64") },
  loadTensorDescriptor: { a: whole("f32") },
  storeTensorDescriptor: { c: whole("bf16") },
  atomicAddTensorDescriptor: { residual: whole("f32") },
  atomicMinTensorDescriptor: integers,
  atomicMaxTensorDescriptor: integers,
  atomicAndTensorDescriptor: integers,
  atomicOrTensorDescriptor: integers,
  atomicXorTensorDescriptor: integers,
  makeTensorDescriptor: { a: ': Ptr<"f32">' },
  descriptor: { a: ': Ptr<"f32">' },
  permute: { x: "reshape(load(f32 + lane), [4, 4, 4])" },
  expandDims: { x: square("f32") },
  ravel: { x: square("f32") },
  reshape: { x: "load(f32 + at_64_64)" },
  split: { x: "load(f32 + at_64_64)" },
  all: { mask: "load(f32 + at_32_32) > 0" },
  any: { limit: ": F32" },
  lgamma: { n: tile("f32"), k: tile("f32") },
  tgamma: { n: tile("f32") },
  clamp: { step: ": F32" },
  j0: { k: ": F32" },
  jn: { order: tile("i32") },
  yn: { order: tile("i32"), k: ": F32" },
  ...Object.fromEntries(["popc", "clz", "ffs"].map((name) => [name, { flagged: tile("i32") }])),
  ...Object.fromEntries(["bytePerm", "sad"].map((name) => [name, { words: tile("i32") }])),
  ...Object.fromEntries(["hadd", "rhadd"].map((name) => [name, { low: tile("i32"), high: tile("i32") }])),
  hiloint2double: { upper: tile("i32"), lower: tile("i32") },
  y0: { k: ": F32" },
  y1: { k: ": F32" },
};

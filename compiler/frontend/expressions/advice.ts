import { ts } from "../typescript.mjs";

/** Functions of Math that the language has under the same name. */
const SAME =
  "acos acosh asin asinh atan atanh cbrt cos cosh exp expm1 log log10 log1p log2 sin sinh sqrt tan tanh".split(" ");
const SAME_OF_TWO = "atan2 hypot pow".split(" ");

/** What a kernel is no value for. */
export const LAUNCHED = "launch kernels one after another from Node; share code in functions";

/** What to write instead of JavaScript's own functions. */
const GLOBALS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SAME.map((name) => [`Math.${name}`, `use ${name}(x)`])),
  ...Object.fromEntries(SAME_OF_TWO.map((name) => [`Math.${name}`, `use ${name}(a, b)`])),
  "Math.abs": "use abs(x)",
  "Math.ceil": "use ceil(x) on floats, cdiv(a, b) on integers",
  "Math.clz32": "use clz(x)",
  "Math.floor": "use floor(x) on floats, floorDiv(a, b) on integers",
  "Math.fround": 'use to(x, "f32")',
  "Math.imul": "use a * b",
  "Math.max": "use maximum(a, b) for two values, max(x, axis) for the largest of a tile",
  "Math.min": "use minimum(a, b) for two values, min(x, axis) for the smallest of a tile",
  "Math.random": "use rand(seed, offset): numbers from 0 to 1, the same for the same seed and offset",
  "Math.round": "use floor(x + 0.5), or round(x), which takes halves away from zero",
  "Math.sign": "use where(x > 0, 1, where(x < 0, -1, 0))",
  "Math.trunc": 'use trunc(x), or to(x, "i32") for an integer',
  Number: 'use to(x, "f32")',
  BigInt: 'use to(x, "i64")',
  Boolean: "use x !== 0",
  parseInt: 'use to(x, "i32")',
  parseFloat: 'use to(x, "f32")',
  "console.log": 'use devicePrint("text", x)',
  "Array.from": "arange(0, n), full(shape, value, dtype) and load(…) make tiles",
};

/** What belongs to the host as a whole. */
const OF_THE_HOST = /^(Date|performance|process|globalThis|JSON|crypto|fetch|setTimeout|setInterval|Intl)\b/;

export const insteadOfGlobal = (path: string): string =>
  GLOBALS[path] ??
  (OF_THE_HOST.test(path) ? "it runs on the host: call it there, and pass what it gives as a parameter" : undefined) ??
  "call functions of tilescript, and functions of your own with a name and a body in TypeScript";

/** Methods of arrays and tensors by what does their work here. */
const METHODS: Readonly<Record<string, string>> = {
  map: "operators and functions work on all elements at once: x * 2; mapElementwise(f, x) calls f for each",
  forEach: "write for (const one of list) { … }",
  push: "a list of a kernel stays as it is made: give it all its values there",
  slice: "load a part by its own offsets, or pick with where(…)",
  at: "sum(where(index === i, x, 0), axis) picks an element",
  fill: "use full(shape, value, dtype)",
  mean: "use sum(x, axis) / n",
  matmul: "use dot(a, b)",
  astype: 'use to(x, "f32")',
  view: "use reshape(x, shape), or bitcast(x, dtype) for the bits",
  transpose: "use trans(x)",
  item: "use load(pointer)",
};

/** What to write instead of a method of a tile. */
export const insteadOfMethod = (name: string, language: ReadonlySet<string>): string =>
  language.has(name)
    ? `write ${name}(x, …): tiles have no methods`
    : (METHODS[name] ?? "tiles have no methods: use the functions of the language");

/** Members that tensors have elsewhere. */
export const MEMBERS: Readonly<Record<string, string>> = {
  T: "use trans(x)",
  shape: "sizes are those that the kernel gave: Const parameters and numbers",
  length: "pass the size as a parameter",
  size: "pass the size as a parameter",
  dtype: "use dtypeOf(pointer)",
};

/** What to write instead of a kind of syntax that has no meaning on a GPU. */
export const SYNTAX: Readonly<Partial<Record<ts.SyntaxKind, readonly [what: string, instead: string]>>> = {
  [ts.SyntaxKind.AwaitExpression]: ["await", "a kernel runs to its end; wait for it in Node"],
  [ts.SyntaxKind.YieldExpression]: ["yield", "store each result through a pointer"],
  [ts.SyntaxKind.NewExpression]: ["new", "a kernel has numbers and tiles only: zeros(shape, dtype) makes one"],
  [ts.SyntaxKind.ThisKeyword]: ["this", "use the parameters"],
  [ts.SyntaxKind.NullKeyword]: ["null", "every value has a number: use 0, or a mask"],
  [ts.SyntaxKind.RegularExpressionLiteral]: ["a regular expression", "kernels have no texts"],
  [ts.SyntaxKind.TypeOfExpression]: ["typeof", "types are known when the kernel is built; use generics"],
  [ts.SyntaxKind.DeleteExpression]: ["delete", "remove it"],
  [ts.SyntaxKind.VoidExpression]: ["void", "remove it"],
  [ts.SyntaxKind.SpreadElement]: ["a spread", "write every element"],
  [ts.SyntaxKind.ClassExpression]: ["a class", "use functions and objects"],
  [ts.SyntaxKind.TaggedTemplateExpression]: ["a tagged template", "call the function"],
  [ts.SyntaxKind.TryStatement]: ["try", "nothing throws in a kernel: mask what must not be touched"],
  [ts.SyntaxKind.ThrowStatement]: [
    "throw",
    "use deviceAssert(condition, message), or staticAssert for what is known when the kernel is built",
  ],
  [ts.SyntaxKind.SwitchStatement]: ["switch", "use if … else if …, or where()"],
  [ts.SyntaxKind.DoStatement]: ["do … while", "use while"],
  [ts.SyntaxKind.ForInStatement]: ["for … in", "use for (const i of range(n))"],
  [ts.SyntaxKind.BreakStatement]: ["break", "use while with a condition, or mask the work that is left"],
  [ts.SyntaxKind.ContinueStatement]: ["continue", "put the rest of the body in an if"],
  [ts.SyntaxKind.LabeledStatement]: ["a label", "remove it; let a variable say that the outer loop is to end"],
  [ts.SyntaxKind.WithStatement]: ["with", "remove it"],
  [ts.SyntaxKind.ClassDeclaration]: ["a class", "use functions and objects"],
  [ts.SyntaxKind.EnumDeclaration]: ["an enum inside a kernel", "declare it at module level"],
  [ts.SyntaxKind.ModuleDeclaration]: ["a namespace inside a kernel", "declare it at module level"],
  [ts.SyntaxKind.DebuggerStatement]: ["debugger", 'use devicePrint("text", x), and run the kernel on the CPU executor'],
};

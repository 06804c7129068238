import { ts } from "../typescript.mjs";

/** Functions of Math that the language has under the same name. */
const SAME =
  "acos acosh asin asinh atan atanh cbrt cos cosh exp expm1 log log10 log1p log2 sin sinh sqrt tan tanh".split(" ");
const SAME_OF_TWO = "atan2 hypot pow".split(" ");

/** What to write instead of JavaScript's own functions. */
const GLOBALS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SAME.map((name) => [`Math.${name}`, `use ${name}(x)`])),
  ...Object.fromEntries(SAME_OF_TWO.map((name) => [`Math.${name}`, `use ${name}(a, b)`])),
  "Math.abs": "use abs(x)",
  "Math.ceil": "use ceil(x) on floats, cdiv(a, b) on integers",
  "Math.floor": "use floor(x) on floats, floorDiv(a, b) on integers",
  "Math.fround": 'use to(x, "f32")',
  "Math.imul": "use a * b",
  "Math.max": "use maximum(a, b) for two values, max(x, axis) for the largest of a tile",
  "Math.min": "use minimum(a, b) for two values, min(x, axis) for the smallest of a tile",
  "Math.random": "pass random numbers in through a pointer",
  "Math.round": "use floor(x + 0.5), or round(x), which takes halves away from zero",
  "Math.sign": "use where(x > 0, 1, where(x < 0, -1, 0))",
  "Math.trunc": 'use trunc(x), or to(x, "i32") for an integer',
  Number: 'use to(x, "f32")',
  BigInt: 'use to(x, "i64")',
  Boolean: "use x !== 0",
  parseInt: 'use to(x, "i32")',
  "console.log": "a kernel cannot print: store values and read them from Node",
};

export const insteadOfGlobal = (path: string): string =>
  GLOBALS[path] ?? "call functions of tilescript, and functions of your own with a name and a body in TypeScript";

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
    "use staticAssert(condition, message) for what is known when the kernel is built",
  ],
  [ts.SyntaxKind.SwitchStatement]: ["switch", "use if … else if …, or where()"],
  [ts.SyntaxKind.DoStatement]: ["do … while", "use while"],
  [ts.SyntaxKind.ForInStatement]: ["for … in", "use for (const i of range(n))"],
  [ts.SyntaxKind.BreakStatement]: ["break", "use while with a condition, or mask the work that is left"],
  [ts.SyntaxKind.ContinueStatement]: ["continue", "put the rest of the body in an if"],
  [ts.SyntaxKind.LabeledStatement]: ["a label", "remove it"],
  [ts.SyntaxKind.WithStatement]: ["with", "remove it"],
  [ts.SyntaxKind.ClassDeclaration]: ["a class", "use functions and objects"],
  [ts.SyntaxKind.EnumDeclaration]: ["an enum inside a kernel", "declare it at module level"],
  [ts.SyntaxKind.ModuleDeclaration]: ["a namespace inside a kernel", "declare it at module level"],
  [ts.SyntaxKind.DebuggerStatement]: ["debugger", "run the kernel on the CPU executor to look into it"],
};

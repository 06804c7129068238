/** Every operation of the language on every kind of operand: statements of kernels, right and wrong, drawn by a seed or all of them. */

import { DTYPE_NAMES as DTYPES, type DType } from "../../compiler/ir/index.js";
import { OPS } from "../../compiler/ops/index.js";
import { type Draw, draws, pick } from "../cases/draws.js";

/** A `Const` parameter each, with its value. */
export const CONSTANTS = { INT: 3, NEGATIVE: -2, WIDE: 2 ** 40, YES: true } as const;
const CONST_TYPES = Object.entries(CONSTANTS).map(([name, value]) => {
  const base = typeof value === "boolean" ? ", boolean" : "";
  return `${name}: Const<"${name}"${base}>`;
});

const LITERALS = ["0", "1", "5", "-7", "300", "2147483648", "0.5", "-1.0", "1e-7", "Infinity", "NaN", "true", "9n"];

const tileOf = (dtype: DType): string => `load(p_${dtype} + at)`;
const OPERANDS: readonly string[] = [
  ...DTYPES.map(tileOf),
  ...DTYPES.map((dtype) => `load(p_${dtype})`),
  ...["n", "n64", "nu", "s", "yes"],
  ...Object.keys(CONSTANTS),
  ...LITERALS,
];

/** What an operand, written `$`, stands in; or a dtype, written `@`. */
const EXPRESSIONS: readonly string[] = [
  ..."+ - * / % & | ^ << >> >>> < <= > >= === !== && ||".split(" ").map((sign) => `$ ${sign} $`),
  ..."- ! ~ +".split(" ").map((sign) => `${sign}($)`),
  ...[...OPS.values()].flatMap(({ name, elements, params }) =>
    elements && params ? [`${name}(${elements.map(() => "$").join(", ")})`] : [],
  ),
  ..."sum max min argmax argmin any all xorSum".split(" ").map((name) => `${name}($)`),
  ..."sum max argmin any".split(" ").map((name) => `${name}($, 0)`),
  ...["$ ? $ : $"],
  ...["sum($, 0, { dtype: @ })", "cumsum($, 0, { dtype: @ })"],
  ...["to($, @)", "bitcast($, @)", "full([16], $, @)", "to(to($, @), @)"],
  ...["rtz", "rtne", "down", "up"].map((rounding) => `to($, @, { rounding: "${rounding}" })`),
  ...[
    "maxWithIndex($, 0)[0]",
    "cumsum($, 0)",
    "cumprod($, 0)",
    "flip($)",
    "flip(broadcastTo($, [2, 16]), 0)",
    "minWithIndex($, 0)[1]",
    "sum(topk($, 4))",
    "sum(topk($, 4, 0, { descending: false }))",
    "sum(ravel($))",
    "sum(cat($, $))",
    "gather($, $, 0)",
    "sum(histogram($, 16))",
    "sum(histogram($, 16, { mask: $ }))",
    'sum(dotScaled(broadcastTo(col($), [16, 32]), null, "e4m3", broadcastTo($, [32, 16]), null, "e4m3"), 0)',
    "clamp($, $, $, { propagateNan: true })",
    "sort($)",
    "argsort($)",
    "argsort($, -1, { descending: true })",
    "sort($, 0, { descending: true })",
  ],
  ...[
    "reduce($, 0, maximum)",
    "reduce([$, load(p_@ + at)], 0, (a, b) => (a[0] < b[0] ? a : b))[0]",
    "associativeScan($, 0, (a, b) => a + b, { reverse: true })",
    "associativeScan([$, load(p_@ + at)], 0, ([a, x], [b, y]) => [a * b, b * x + y])[1]",
    "mapElementwise((a, b) => (a < b ? a : b), $, $)",
    "mapElementwise((a) => [a, a === $], load(p_@ + at))[0]",
  ],
  ...["broadcastTo($, [16])", "sum(broadcastTo($, [2, 16]), 0)", "sum(reshape($, [4, 4]), 1)", "reshape($, [1])"],
  ...["sum(col($), 1)", "sum(row($), 0)", "sum(col($) * row($), 1)"],
  ...[
    "split(join($, $))[0]",
    "sum(interleave($, $))",
    "multipleOf($, 16)",
    "maxContiguous($, 16)",
    "maxConstancy($, 16)",
  ],
  ...["maximum($, $, { propagateNan: true })", "minimum($, $, { propagateNan: true })"],
  ...["load(p_@ + $)", "load(p_@ + at, { mask: $, other: $ })", "load(p_@, { mask: $ })"],
];
const ATOMICS = "atomicAdd atomicMax atomicMin atomicAnd atomicOr atomicXor atomicExchange".split(" ");
const STATEMENTS: readonly string[] = [
  ...["store(p_@ + at, $);", "store(p_@, $);", "store(p_@ + at, $, { mask: $ });", "store(p_@ + $, $);"],
  ...ATOMICS.flatMap((name) => [`${name}(p_@ + at, $);`, `${name}(p_@, $);`]),
  ...["atomicCas(p_@, $, $);", "atomicCas(p_@ + at, $, $);", "atomicAdd(p_@ + at, $, { mask: $ });"],
  "let v = $; v = $; store(p_f32 + at, v);",
  "let v = $; for (const i of range(0, n)) v += $; store(p_f32 + at, v);",
  "let v = $; if (n > 0) v = $; store(p_f32 + at, v);",
  "let v = $; v *= $; store(p_f32 + at, v);",
  "for (const i of range($, $)) store(p_f32 + at, i);",
  "for (const i of range($, $, $)) store(p_i32 + at, i);",
  "for (const i of staticRange($, $)) store(p_i32 + at, i);",
  "if ($) store(p_f32, 1);",
  "while ($) { store(p_f32, 1); }",
  "assume($);",
];
const TEMPLATES = [...EXPRESSIONS.map((one) => `store(out + at, to(${one}, "f32"));`), ...STATEMENTS];

const HOLE = /[$@]/g;
/** A dtype is a text where it is an argument, and a part of a name behind `p_`. */
const asWritten = (template: string): string => template.replace(/(?<!p_)@/g, '"@"');

/** Statements that a seed draws, each once. */
export function drawnStatements(seed: number, count: number): string[] {
  const draw = draws(seed);
  return Array.from({ length: count }, () => statement(pick(TEMPLATES, draw), draw));
}

function statement(template: string, draw: Draw): string {
  return asWritten(template).replace(HOLE, (hole) => (hole === "$" ? pick(OPERANDS, draw) : pick(DTYPES, draw)));
}

/** All with one hole or two; of those with more, as many as hold every pair of neighbours' kinds twice over, drawn by a seed. */
export function* allStatements(seed: number): Generator<string> {
  const draw = draws(seed);
  for (const template of TEMPLATES) {
    const holes = template.match(HOLE) ?? [];
    const choices = holes.map((hole) => (hole === "$" ? OPERANDS : DTYPES));
    const all = choices.reduce((product, one) => product * one.length, 1);
    const most = 2 * OPERANDS.length ** 2;
    if (all <= most) yield* everyOne(asWritten(template), choices);
    else for (let times = 0; times < most; times++) yield statement(template, draw);
  }
}

function* everyOne(template: string, choices: readonly (readonly string[])[]): Generator<string> {
  const [first, ...rest] = choices;
  if (first === undefined) yield template;
  else
    for (const one of first)
      yield* everyOne(
        template.replace(/[$@]/, () => one),
        rest,
      );
}

const IMPORTS = [
  ...new Set([...TEMPLATES.join(" ").matchAll(/\b[a-z]\w*(?=\()/gi)].map(([name]) => name)),
  ...["arange", "kernel"],
].filter((name) => !/^(?:if|for|while)$/.test(name));

/** The line of the first statement. */
export const FIRST_LINE = 9;

/** A file with one kernel that has a line for each statement. */
export function kernelText(statements: readonly string[]): string {
  const pointers = DTYPES.map((dtype) => `p_${dtype}`);
  return `import {
  ${IMPORTS.join(", ")},
  type Bool, type Const, type F32, type I64, type Int, type Ptr, type U32,
} from "tilescript";
export const k = kernel(({ ${[...pointers, ...Object.keys(CONSTANTS)].join(", ")}, out, n, n64, nu, s, yes }: {
  ${pointers.map((name) => `${name}: Ptr<"${name.slice(2)}">`).join("; ")}; ${CONST_TYPES.join("; ")};
  out: Ptr<"f32">; n: Int; n64: I64; nu: U32; s: F32; yes: Bool }) => {
  const at = arange(0, 16);
${statements.map((one) => `  { ${one} }`).join("\n")}
}, { builds: [{ constants: ${JSON.stringify(CONSTANTS)} }] });
`;
}

import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type DType } from "../ir/index.js";
import { type DTypeRule, elementwise, integers } from "./elementwise.js";
import type { Op } from "./op.js";
import type { Term } from "./primitives.js";
import * as p from "./primitives.js";
import { call } from "./python.js";

/** The integers that GPUs have instructions for. */
const WORDS: readonly DType[] = ["i32", "u32", "i64", "u64"];

const words: DTypeRule = (source, operands, context) => {
  const met = integers()(source, operands, context);
  if (met === null || WORDS.includes(met.result)) return met;
  const facts = { op: source.op, dtype: met.result, allowed: WORDS };
  return context.fail(problems.lacksDType(source.span, facts, context.origins(...Object.values(source.args))));
};

/** Of the product of 64 bits, from the products of their halves: none of the sums overflows. */
function upperHalf(a: Term, b: Term): Term {
  const low = (x: Term) => p.and(x, 0xffffffff);
  const high = (x: Term) => p.shiftRightLogical(x, 32);
  const middle = p.add(p.mul(high(a), low(b)), high(p.mul(low(a), low(b))));
  const other = p.add(p.mul(low(a), high(b)), low(middle));
  return p.add(p.add(p.mul(high(a), high(b)), high(middle)), high(other));
}

/** Functions of integers, which is where their width matters. */
export const INTEGERS: readonly Op[] = [
  elementwise({
    name: "umulhi",
    cost: 4,
    operands: ["a", "b"],
    rule: words,
    emit: (operands) => call("tl.umulhi", operands),
    meaning: (a, b) => (DTYPES[a.dtype].bytes === 8 ? upperHalf(a, b) : p.mulHigh(a, b)),
  }),
];

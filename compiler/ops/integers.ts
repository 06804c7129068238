import * as problems from "../diagnostics/catalogue/types.js";
import type { DType } from "../ir/index.js";
import { type DTypeRule, elementwise, integers } from "./elementwise.js";
import type { Op } from "./op.js";
import { call } from "./python.js";

/** The integers that GPUs have instructions for. */
const WORDS: readonly DType[] = ["i32", "u32", "i64", "u64"];

const words: DTypeRule = (source, operands, context) => {
  const met = integers()(source, operands, context);
  if (met === null || WORDS.includes(met.result)) return met;
  const facts = { op: source.op, dtype: met.result, allowed: WORDS };
  return context.fail(problems.lacksDType(source.span, facts, context.origins(...Object.values(source.args))));
};

/** Functions of integers, which is where their width matters. */
export const INTEGERS: readonly Op[] = [
  elementwise({
    name: "umulhi",
    cost: 4,
    operands: ["a", "b"],
    rule: words,
    emit: (operands) => call("tl.umulhi", operands),
    ofIntegers: ({ bits }, a, b) => (BigInt.asUintN(bits, a!) * BigInt.asUintN(bits, b!)) >> BigInt(bits),
  }),
];

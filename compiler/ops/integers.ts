import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type DType } from "../ir/index.js";
import { type DTypeRule, elementwise, integers } from "./elementwise.js";
import type { Op } from "./op.js";
import type { Meaning, Term } from "./primitives.js";
import * as p from "./primitives.js";
import { call, method, type Py } from "./python.js";
import { dtypeText, materialize } from "./python-values.js";

/** The integers that GPUs have instructions for. */
const WORDS: readonly DType[] = ["i32", "u32", "i64", "u64"];
const SHORT_WORDS: readonly DType[] = ["i32", "u32"];

/** Integers of these dtypes, all of one; what comes out where that is another. */
const words =
  (allowed = WORDS, result?: DType): DTypeRule =>
  (source, operands, context) => {
    const met = integers()(source, operands, context);
    if (met === null || allowed.includes(met.result)) return met && { ...met, result: result ?? met.result };
    const facts = { op: source.op, dtype: met.result, allowed };
    return context.fail(problems.lacksDType(source.span, facts, context.origins(...Object.values(source.args))));
  };

const isWide = ({ dtype }: Term): boolean => DTYPES[dtype].bytes === 8;
const low = (x: Term): Term => p.cast(x, "u32");
const high = (x: Term): Term => p.cast(p.shiftRightLogical(x, 32), "u32");

/** Of the product of 64 bits, from the products of their halves: none of the sums overflows. */
function upperHalf(a: Term, b: Term): Term {
  const lower = (x: Term) => p.and(x, 0xffffffff);
  const upper = (x: Term) => p.shiftRightLogical(x, 32);
  const middle = p.add(p.mul(upper(a), lower(b)), upper(p.mul(lower(a), lower(b))));
  const other = p.add(p.mul(lower(a), upper(b)), lower(middle));
  return p.add(p.add(p.mul(upper(a), upper(b)), upper(middle)), upper(other));
}

const unsignedUpper: Meaning = (a, b) => (isWide(a) ? upperHalf(a, b) : p.mulHigh(a, b));

/** As signed, each is 2^bits less where it is negative: so much less is the upper half. */
function signedUpper(a: Term, b: Term): Term {
  const zero = p.number(0, a.dtype);
  const less = p.add(p.where(p.lt(a, 0), b, zero), p.where(p.lt(b, 0), a, zero));
  return p.sub(unsignedUpper(a, b), less);
}

/** The bits that are set of a u32, added up in pairs, in fours and in bytes. */
function ones(x: Term): Term {
  const pairs = p.sub(x, p.and(p.shiftRight(x, 1), 0x55555555));
  const fours = p.add(p.and(pairs, 0x33333333), p.and(p.shiftRight(pairs, 2), 0x33333333));
  const bytes = p.and(p.add(fours, p.shiftRight(fours, 4)), 0x0f0f0f0f);
  return p.cast(p.shiftRight(p.mul(bytes, 0x01010101), 24), "i32");
}

/** The zeros above the first bit that is set, of a u32. */
const zerosAbove = (x: Term): Term =>
  p.sub(32, ones([1, 2, 4, 8, 16].reduce((below, by) => p.or(below, p.shiftRight(below, by)), x)));

/** A u32 with its bits in the other order: halves change places, then their halves, down to single bits. */
const reversed = (x: Term): Term =>
  [
    [16, 0x0000ffff],
    [8, 0x00ff00ff],
    [4, 0x0f0f0f0f],
    [2, 0x33333333],
    [1, 0x55555555],
  ].reduce((all, [by, mask]) => p.or(p.and(p.shiftRight(all, by!), mask!), p.shiftLeft(p.and(all, mask!), by!)), x);

const bitsSet: Meaning = (x) => (isWide(x) ? p.add(ones(low(x)), ones(high(x))) : ones(low(x)));

/** The byte of two words that three bits of a selector name, moved to its place. */
function chosenByte(x: Term, y: Term, selector: Term, place: number): Term {
  const which = p.and(p.shiftRight(selector, 4 * place), 7);
  const by = p.mul(p.and(which, 3), 8);
  const byte = p.and(p.shiftRight(p.where(p.lt(which, 4), x, y), by), 0xff);
  return p.shiftLeft(byte, 8 * place);
}

const of24Bits = (x: Term): Term => (x.dtype === "u32" ? p.and(x, 0xffffff) : p.shiftRight(p.shiftLeft(x, 8), 8));

interface Word {
  readonly name: string;
  /** libdevice's name. */
  readonly python?: string;
  readonly operands: readonly string[];
  readonly rule?: DTypeRule;
  readonly cost?: number;
  /** It takes signed integers alone, and gives their bits. */
  readonly signed?: true;
  readonly meaning: Meaning;
}

const unsigned = (dtype: DType): boolean => DTYPES[dtype].kind === "unsigned";
const reinterpreted = (x: Py, dtype: DType): Py => method(x, "to", [dtypeText(dtype)], { bitcast: "True" });
const signedOf = (dtype: DType): DType => `i${8 * DTYPES[dtype].bytes}` as DType;

/** One of libdevice's functions of integers. */
const word = ({ name, python = name, operands, rule = words(), cost = 8, signed, meaning }: Word): Op =>
  elementwise({
    name,
    operands,
    rule,
    cost,
    needs: ["libdevice"],
    emit: (given, { type, args }) => {
      const dtypes = operands.map((one) => args[one]!.type).map((one) => (one.kind === "tile" ? one.dtype : "i32"));
      const tensors = given.map((one, at) => {
        const tensor = materialize(one, args[operands[at]!]!.type);
        return signed && unsigned(dtypes[at]!) ? reinterpreted(tensor, signedOf(dtypes[at]!)) : tensor;
      });
      const result = call(`libdevice.${python}`, tensors);
      const dtype = type.kind === "tile" ? type.dtype : "i32";
      const givesSigned = signed || python === "sad";
      return givesSigned && unsigned(dtype) ? reinterpreted(result, dtype) : result;
    },
    meaning,
  });

/** Functions of integers, which is where their width matters. */
export const INTEGERS: readonly Op[] = [
  elementwise({
    name: "umulhi",
    cost: 4,
    operands: ["a", "b"],
    rule: words(),
    emit: (operands) => call("tl.umulhi", operands),
    meaning: unsignedUpper,
  }),
  word({
    name: "mulhi",
    operands: ["a", "b"],
    meaning: (a, b) => (unsigned(a.dtype) ? unsignedUpper(a, b) : signedUpper(a, b)),
  }),
  word({
    name: "mul24",
    operands: ["a", "b"],
    rule: words(SHORT_WORDS),
    meaning: (a, b) => p.mul(of24Bits(a), of24Bits(b)),
  }),
  word({
    name: "hadd",
    operands: ["a", "b"],
    rule: words(SHORT_WORDS),
    meaning: (a, b) => p.add(p.and(a, b), p.shiftRight(p.xor(a, b), 1)),
  }),
  word({
    name: "rhadd",
    operands: ["a", "b"],
    rule: words(SHORT_WORDS),
    meaning: (a, b) => p.sub(p.or(a, b), p.shiftRight(p.xor(a, b), 1)),
  }),
  word({
    name: "sad",
    operands: ["a", "b", "c"],
    rule: (source, operands, context) => {
      const met = words(SHORT_WORDS)(source, operands.slice(0, 2), context);
      const sum = met && words(SHORT_WORDS, "u32")(source, operands.slice(2), context);
      return sum && { operands: [met!.result, met!.result, "u32"], result: "u32" };
    },
    meaning: (a, b, c) => p.add(p.bitcast(p.where(p.lt(a, b), p.sub(b, a), p.sub(a, b)), "u32"), c),
  }),
  word({ name: "popc", operands: ["x"], rule: words(WORDS, "i32"), signed: true, meaning: bitsSet }),
  word({
    name: "clz",
    operands: ["x"],
    rule: words(WORDS, "i32"),
    signed: true,
    meaning: (x) =>
      isWide(x) ? p.where(p.eq(high(x), 0), p.add(zerosAbove(low(x)), 32), zerosAbove(high(x))) : zerosAbove(low(x)),
  }),
  word({
    name: "ffs",
    operands: ["x"],
    rule: words(WORDS, "i32"),
    signed: true,
    // Below the lowest bit that is set all are, once 1 is taken from it alone.
    meaning: (x) => p.where(p.eq(x, 0), p.number(0, "i32"), p.add(bitsSet(p.sub(p.and(x, p.neg(x)), 1)), 1)),
  }),
  word({
    name: "brev",
    operands: ["x"],
    signed: true,
    meaning: (x) => {
      if (!isWide(x)) return p.bitcast(reversed(low(x)), x.dtype);
      const upper = p.shiftLeft(p.cast(reversed(low(x)), "u64"), 32);
      return p.bitcast(p.or(upper, p.cast(reversed(high(x)), "u64")), x.dtype);
    },
  }),
  word({
    name: "bytePerm",
    python: "byte_perm",
    operands: ["a", "b", "selector"],
    rule: words(SHORT_WORDS),
    signed: true,
    meaning: (...of) => {
      const [a, b, selector] = of.map(low) as [Term, Term, Term];
      const bytes = [0, 1, 2, 3].map((place) => chosenByte(a, b, selector, place));
      return p.bitcast(
        bytes.reduce((all, one) => p.or(all, one)),
        of[0]!.dtype,
      );
    },
  }),
];

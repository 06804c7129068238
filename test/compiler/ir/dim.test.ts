import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  COMPARE_DIMS,
  type Dim,
  dimAdd,
  dimAnd,
  dimChoose,
  dimEquals,
  dimMul,
  dimName,
  dimNames,
  dimNot,
  dimOp,
  dimOr,
  dimSub,
  dimText,
  evaluateDim,
  LimitExceeded,
  substituteDim,
} from "../../../compiler/ir/index.js";

const NAMES = ["BM", "BN", "D"];

/** A size together with how to compute it from the constants. */
interface Sized {
  readonly dim: Dim;
  readonly value: (constants: Readonly<Record<string, number>>) => number;
}

const DIVISIONS = ["//", "cdiv", "%", "min", "max"] as const;
const ORDINARY: Readonly<Record<(typeof DIVISIONS)[number], (a: number, b: number) => number>> = {
  "//": (a, b) => Math.floor(a / b),
  cdiv: (a, b) => Math.ceil(a / b),
  "%": (a, b) => ((a % b) + b) % b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
};

const COMPARISONS = ["<", "<=", ">", ">=", "==", "!="] as const;
const HOLDS: Readonly<Record<(typeof COMPARISONS)[number], (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

const { sized } = fc.letrec<{ sized: Sized; leaf: Sized }>((tie) => ({
  leaf: fc.oneof(
    fc.integer({ min: 1, max: 64 }).map((value): Sized => ({ dim: value, value: () => value })),
    fc.constantFrom(...NAMES).map((name): Sized => ({ dim: dimName(name), value: (constants) => constants[name]! })),
  ),
  sized: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    tie("leaf"),
    fc
      .tuple(tie("sized"), tie("sized"))
      .map(([a, b]): Sized => ({ dim: dimAdd(a.dim, b.dim), value: (c) => a.value(c) + b.value(c) })),
    fc
      .tuple(tie("sized"), tie("sized"))
      .map(([a, b]): Sized => ({ dim: dimMul(a.dim, b.dim), value: (c) => a.value(c) * b.value(c) })),
    fc
      .tuple(tie("sized"), tie("leaf"), fc.constantFrom(...DIVISIONS))
      .map(
        ([a, b, op]): Sized => ({ dim: dimOp(op, a.dim, b.dim), value: (c) => ORDINARY[op](a.value(c), b.value(c)) }),
      ),
    fc.tuple(tie("leaf"), tie("leaf"), tie("leaf"), tie("leaf"), fc.constantFrom(...COMPARISONS)).map(
      ([a, b, x, y, op]): Sized => ({
        dim: dimChoose(
          dimAnd(dimNot(COMPARE_DIMS[op](a.dim, b.dim)), dimOr(COMPARE_DIMS["<"](x.dim, y.dim), 1)),
          x.dim,
          y.dim,
        ),
        value: (c) => (HOLDS[op](a.value(c), b.value(c)) ? y : x).value(c),
      }),
    ),
  ),
}));

const constants = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.integer({ min: 1, max: 128 })])));
const asMap = (values: Readonly<Record<string, number>>): ReadonlyMap<string, Dim> => new Map(Object.entries(values));

/** A property of sizes that have no more terms than a size may have; products of the largest ones drawn here do. */
function withinLimit(check: () => void): void {
  try {
    check();
  } catch (error) {
    fc.pre(!(error instanceof LimitExceeded));
    throw error;
  }
}

describe("sizes", () => {
  it("have the value that ordinary arithmetic gives", () => {
    fc.assert(
      fc.property(sized, constants, ({ dim, value }, given) => {
        expect(evaluateDim(dim, given)).toBe(value(given));
      }),
    );
  });

  it("are the same however a sum or a product is written", () => {
    fc.assert(
      fc.property(sized, sized, sized, (a, b, c) => {
        expect(dimEquals(dimAdd(a.dim, b.dim), dimAdd(b.dim, a.dim))).toBe(true);
        expect(dimSub(dimAdd(a.dim, b.dim), b.dim)).toEqual(a.dim);
        withinLimit(() => {
          expect(dimEquals(dimMul(a.dim, b.dim), dimMul(b.dim, a.dim))).toBe(true);
          const sums = dimAdd(dimMul(a.dim, b.dim), dimMul(a.dim, c.dim));
          expect(dimEquals(dimMul(a.dim, dimAdd(b.dim, c.dim)), sums)).toBe(true);
        });
      }),
    );
  });

  it("become numbers when every name has one, and keep the names that have none", () => {
    fc.assert(
      fc.property(sized, constants, ({ dim, value }, given) => {
        expect(substituteDim(dim, asMap(given))).toBe(value(given));
        const { BM, ...rest } = given;
        const partly = substituteDim(dim, asMap(rest));
        expect(dimNames(partly).every((name) => name === "BM")).toBe(true);
        expect(evaluateDim(partly, { BM: BM! })).toBe(value(given));
      }),
    );
  });

  it("are written as a person would", () => {
    const [BM, D] = [dimName("BM"), dimName("D")];
    expect(dimText(dimAdd(BM, BM))).toBe("BM * 2");
    expect(dimText(dimOp("//", dimMul(4, D), 2))).toBe("D * 2");
    expect(dimText(dimOp("//", dimAdd(D, 1), 2))).toBe("(D + 1) // 2");
    expect(dimText(dimSub(dimMul(BM, D), 1))).toBe("BM * D - 1");
    expect(dimText(dimSub(D, dimMul(2, BM)))).toBe("BM * -2 + D");
    expect(dimText(dimOp("cdiv", BM, D))).toBe("cdiv(BM, D)");
    expect(dimText(dimAdd(dimChoose(COMPARE_DIMS[">="](BM, 64), 64, BM), D))).toBe("(BM < 64 ? BM : 64) + D");
    expect(dimText(dimChoose(dimOr(D, COMPARE_DIMS["=="](BM, 1)), 1, 2))).toBe("(D ? 1 : 1 == BM) ? 1 : 2");
  });

  it("of the same names are one size, of others are not", () => {
    expect(dimEquals(dimMul(dimName("BM"), 2), dimAdd(dimName("BM"), dimName("BM")))).toBe(true);
    expect(dimEquals(dimName("BM"), dimName("BN"))).toBe(false);
  });
});

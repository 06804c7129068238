/** Numbers as JSON writes them, between bounds: digit by digit. */
import { formatError } from "../errors.js";
import {
  both,
  characters,
  choice,
  type Expression,
  empty,
  optional,
  repeat,
  rule,
  sequence,
  text,
} from "../expression.js";

const digits = (least: number, most: number): Expression => characters([[0x30 + least, 0x30 + most]]);
const DIGIT = digits(0, 9);
const NON_ZERO = digits(1, 9);
const some = repeat(DIGIT, 1);

/** As many digits as there can be in what JSON.stringify writes: a text of digits without end would be a number too, and no answer. */
const LONGEST_WHOLE = 21;
const LONGEST_FRACTION = 24;

const whole = choice(text("0"), sequence(NON_ZERO, repeat(DIGIT, 0, LONGEST_WHOLE - 1)));
const minus = optional(text("-"));
/** What is larger than a double can be is no number to who reads it; what is too small is 0. */
const exponent = choice(
  sequence(
    optional(text("+")),
    choice(repeat(DIGIT, 1, 2), sequence(digits(1, 2), DIGIT, DIGIT), sequence(text("30"), digits(0, 7))),
  ),
  sequence(text("-"), repeat(DIGIT, 1, 3)),
);

export const anyInteger = sequence(minus, whole);
export const anyNumber = choice(
  sequence(minus, whole, optional(sequence(text("."), repeat(DIGIT, 1, LONGEST_FRACTION)))),
  sequence(
    minus,
    DIGIT,
    optional(sequence(text("."), repeat(DIGIT, 1, LONGEST_FRACTION))),
    characters([
      [0x45, 0x45],
      [0x65, 0x65],
    ]),
    exponent,
  ),
);

export interface Bound {
  readonly value: number;
  /** The value itself is outside. */
  readonly exclusive: boolean;
}

export interface NumberRules {
  readonly integer: boolean;
  readonly least?: Bound | undefined;
  readonly most?: Bound | undefined;
  /** A whole number, or a power of ten below one. */
  readonly multipleOf?: number | undefined;
}

/** Rules of the remainders that `multipleOf` needs are put into `rules`. */
export function numberBetween(asked: NumberRules, rules: Map<string, Expression>): Expression {
  const { integer, least, most, multipleOf } = asked;
  if (!least && !most && multipleOf === undefined) return integer ? anyInteger : anyNumber;
  const decimals = integer || (multipleOf !== undefined && multipleOf >= 1) ? 0 : decimalsOf(asked);
  const fraction = decimals > 0 ? optional(sequence(text("."), repeat(DIGIT, 1, decimals))) : empty;
  return both(
    [
      sequence(minus, whole, fraction),
      ...(least ? [atLeast(least)] : []),
      ...(most ? [atMost(most)] : []),
      ...(multipleOf !== undefined && multipleOf > 1 ? [sequence(minus, multiples(multipleOf, rules))] : []),
    ],
    [sequence(text("-0"), optional(sequence(text("."), repeat(text("0")))))],
  );
}

/** Doubles tell 15 digits apart: with more, what is written beside an exclusive bound would be read as the bound. */
function decimalsOf({ least, most, multipleOf }: NumberRules): number {
  if (multipleOf !== undefined) return Math.round(-Math.log10(multipleOf));
  const before = [least, most].map((bound) => (bound ? partsOf(bound.value).whole.length : 0));
  return Math.max(0, 15 - Math.max(...before));
}

interface Parts {
  readonly negative: boolean;
  readonly whole: string;
  /** Without zeros at its end. */
  readonly fraction: string;
}

/** A double's shortest decimal text, without an exponent. */
function partsOf(value: number): Parts {
  const [mantissa, power = "0"] = Math.abs(value).toString().split("e") as [string, string?];
  const [before, behind = ""] = mantissa.split(".") as [string, string?];
  const point = before.length + Number(power);
  const all = before + behind;
  const padded = point <= 0 ? "0".repeat(1 - point) + all : all.padEnd(point, "0");
  const cut = Math.max(1, point);
  return {
    negative: value < 0,
    whole: padded.slice(0, cut).replace(/^0+(?=\d)/, ""),
    fraction: padded.slice(cut).replace(/0+$/, ""),
  };
}

const anyFraction = optional(sequence(text("."), some));
const anyMagnitude = sequence(choice(text("0"), sequence(NON_ZERO, repeat(DIGIT))), anyFraction);

function atMost({ value, exclusive }: Bound): Expression {
  const parts = partsOf(value);
  return parts.negative
    ? sequence(text("-"), larger(parts, exclusive))
    : choice(sequence(text("-"), anyMagnitude), smaller(parts, exclusive));
}

function atLeast({ value, exclusive }: Bound): Expression {
  const parts = partsOf(value);
  return parts.negative || value === 0
    ? choice(
        value === 0 && exclusive ? larger(parts, true) : anyMagnitude,
        sequence(text("-"), smaller(parts, exclusive)),
      )
    : larger(parts, exclusive);
}

const times = (count: number): Expression => repeat(DIGIT, count, count);

/** Digits of the same number as `all`, the first that differs being less or more. */
const differing = (all: string, first: number, isLess: boolean, rest: (left: number) => Expression): Expression[] =>
  Array.from(all).flatMap((digit, i) => {
    const [low, high] = isLess ? [i === 0 ? first : 0, Number(digit) - 1] : [Number(digit) + 1, 9];
    return low > high ? [] : [sequence(text(all.slice(0, i)), digits(low, high), rest(all.length - i - 1))];
  });

/** Magnitudes up to one. */
function smaller({ whole: all, fraction }: Parts, exclusive: boolean): Expression {
  const fewer = all.length > 1 ? [choice(text("0"), sequence(NON_ZERO, repeat(DIGIT, 0, all.length - 2)))] : [];
  const wholes = [...fewer, ...differing(all, all.length > 1 ? 1 : 0, true, times)];
  const behind = [
    ...(exclusive && fraction === "" ? [] : [empty]),
    ...differing(fraction, 0, true, () => repeat(DIGIT)).map((one) => sequence(text("."), one)),
    ...Array.from({ length: Math.max(0, fraction.length - 1) }, (_, i) => text(`.${fraction.slice(0, i + 1)}`)),
    ...(exclusive ? [] : [sequence(text("."), text(fraction), repeat(text("0"), fraction === "" ? 1 : 0))]),
  ];
  return choice(sequence(choice(...wholes), anyFraction), sequence(text(all), choice(...behind)));
}

/** Magnitudes from one on. */
function larger({ whole: all, fraction }: Parts, exclusive: boolean): Expression {
  const more = sequence(NON_ZERO, repeat(DIGIT, all.length));
  const wholes = [more, ...differing(all, 0, false, times)];
  const notZero = sequence(repeat(DIGIT), NON_ZERO, repeat(DIGIT));
  const same = sequence(text("."), text(fraction), exclusive ? notZero : repeat(DIGIT, fraction === "" ? 1 : 0));
  const behind = [
    ...(fraction === "" && !exclusive ? [empty] : []),
    ...differing(fraction, 0, false, () => repeat(DIGIT)).map((one) => sequence(text("."), one)),
    same,
  ];
  return choice(sequence(choice(...wholes), anyFraction), sequence(text(all), choice(...behind)));
}

const REMAINDER = "multiple of ";
/** Of all numbers of a schema: each remainder is a state of an automaton, and takes a millisecond. */
const MOST_REMAINDERS = 4000;

/** Whole numbers that leave no remainder: a rule for each remainder says which digits may follow. */
function multiples(of: number, rules: Map<string, Expression>): Expression {
  const name = (remainder: number) => `${REMAINDER}${of}, ${remainder} left`;
  if (!rules.has(name(0))) {
    const taken = [...rules.keys()].filter((one) => one.startsWith(REMAINDER)).length;
    if (taken + of > MOST_REMAINDERS)
      throw formatError(
        "the schema",
        `multipleOf has many numbers, which are more than ${MOST_REMAINDERS} together: leave some out`,
      );
    for (let left = 0; left < of; left++) {
      const next = Array.from({ length: 10 }, (_, digit) =>
        sequence(digits(digit, digit), rule(name((left * 10 + digit) % of))),
      );
      rules.set(name(left), choice(...(left === 0 ? [empty] : []), ...next));
    }
  }
  return rule(name(0));
}

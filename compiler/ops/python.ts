/**
 * A piece of Python with its precedence, so that parentheses appear only where they are needed.
 * `weak` marks what Triton sees as a constexpr: a number without a dtype that adapts to the operand it meets.
 */
export interface Py {
  readonly text: string;
  readonly level: number;
  readonly weak: boolean;
}

/** Python's operator precedence, loosest first. */
export const LEVEL = {
  ternary: 1,
  or: 2,
  and: 3,
  not: 4,
  comparison: 5,
  "|": 6,
  "^": 7,
  "&": 8,
  shift: 9,
  sum: 10,
  product: 11,
  unary: 12,
  atom: 14,
} as const;

export const py = (text: string, level: number = LEVEL.atom, weak = false): Py => ({ text, level, weak });

/** The text, in parentheses where it binds looser than `level`. */
export const within = (piece: Py, level: number): string => (piece.level < level ? `(${piece.text})` : piece.text);

/**
 * Bit operators next to other ones: Python, C and JavaScript disagree on their precedence, and readers forget it.
 * So `(n & 3) == m` and `h ^ (h >> 16)` keep parentheses that Python would not need.
 */
const isBitwise = (level: number): boolean => level >= LEVEL["|"] && level <= LEVEL.shift;
const confuses = (inner: number, outer: number): boolean =>
  inner !== outer && (isBitwise(inner) || (isBitwise(outer) && inner < LEVEL.unary));

/** A left-associative binary operator. Comparisons chain in Python, so both their sides must bind tighter. */
export function infix(left: Py, operator: string, right: Py, level: number): Py {
  const leftLevel = level === LEVEL.comparison ? level + 1 : level;
  const side = (piece: Py, least: number): string => within(piece, confuses(piece.level, level) ? LEVEL.atom : least);
  return py(`${side(left, leftLevel)} ${operator} ${side(right, level + 1)}`, level, left.weak && right.weak);
}

export const prefix = (operator: string, operand: Py, level: number = LEVEL.unary): Py =>
  py(`${operator}${within(operand, level)}`, level, operand.weak);

/** A call; keyword arguments that are undefined are left out. */
export function call(
  name: string,
  positional: readonly (Py | string)[],
  named: Readonly<Record<string, Py | string | undefined>> = {},
): Py {
  const text = (piece: Py | string): string => (typeof piece === "string" ? piece : piece.text);
  const keywords = Object.entries(named).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${text(value)}`],
  );
  return py(`${name}(${[...positional.map(text), ...keywords].join(", ")})`);
}

export const method = (
  object: Py,
  name: string,
  positional: readonly (Py | string)[],
  named: Readonly<Record<string, Py | string | undefined>> = {},
): Py => call(`${within(object, LEVEL.atom)}.${name}`, positional, named);

/** A list display: `[BM, 64]`. */
export const list = (items: readonly (Py | string)[]): string =>
  `[${items.map((item) => (typeof item === "string" ? item : item.text)).join(", ")}]`;

/** `x[1]`. */
export const index = (of: Py, at: number): Py => py(`${within(of, LEVEL.atom)}[${at}]`);

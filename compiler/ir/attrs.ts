import { dimNames } from "./dim.js";
import type { Attr } from "./kernel.js";
import type { Shape } from "./type.js";

/** What an op or a loop is told beside its operands: numbers, flags, texts, and lists of sizes. */
export type Attrs = Readonly<Record<string, Attr>>;

/** Attributes with their lists of sizes changed. */
export const mapSizes = (attrs: Attrs, change: (sizes: Shape) => Shape): Attrs =>
  Object.fromEntries(
    Object.entries(attrs).map(([name, attr]) => [name, Array.isArray(attr) ? change(attr as Shape) : attr]),
  );

/** Attributes and loop options that are true or false, or a list of the one size that is 1 or 0 once `Const` parameters have values. */
const FLAGS: ReadonlySet<string> = new Set([
  "ascending",
  "descending",
  "disableLicm",
  "disallowAccMultiBuffer",
  "flatten",
  "hex",
  "propagateNan",
  "reverse",
  "volatile",
  "warpSpecialize",
]);

export const isFlag = (name: string): boolean => FLAGS.has(name);

/** Attributes with the flags decided that are known; one that is false is absent. */
export const settleFlags = (attrs: Attrs): Attrs =>
  Object.fromEntries(
    Object.entries(attrs).flatMap(([name, attr]): [string, Attr][] => {
      const known = isFlag(name) && Array.isArray(attr) ? attr[0] : undefined;
      return typeof known !== "number" ? [[name, attr]] : known !== 0 ? [[name, true]] : [];
    }),
  );

/** The names that the sizes among attributes depend on. */
export const attrNames = (attrs: Attrs): readonly string[] =>
  Object.values(attrs).flatMap((attr) => (Array.isArray(attr) ? (attr as Shape).flatMap(dimNames) : []));

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

/** The names that the sizes among attributes depend on. */
export const attrNames = (attrs: Attrs): readonly string[] =>
  Object.values(attrs).flatMap((attr) => (Array.isArray(attr) ? (attr as Shape).flatMap(dimNames) : []));

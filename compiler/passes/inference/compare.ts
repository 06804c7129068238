import { DTYPES, dimEquals, isFloat, type Type } from "../../ir/index.js";
import { sameShape } from "../../ops/index.js";

export function sameType(a: Type, b: Type): boolean {
  if (a.kind === "tile" && b.kind === "tile")
    return a.dtype === b.dtype && a.pointer === b.pointer && sameShape(a.shape, b.shape);
  if (a.kind === "descriptor" && b.kind === "descriptor") return a.dtype === b.dtype && sameShape(a.block, b.block);
  if (a.kind === "tuple" && b.kind === "tuple")
    return a.items.length === b.items.length && a.items.every((item, index) => sameType(item, b.items[index]!));
  if (a.kind === "const" && b.kind === "const")
    return (
      a.of === b.of &&
      // A boolean is one, whatever decides it.
      (a.of === "bool" ||
        ((a.dim === undefined) === (b.dim === undefined) && (a.dim === undefined || dimEquals(a.dim, b.dim!))))
    );
  return a.kind === b.kind;
}

/** True where some part is not known, because of an error or because the author did not say. */
export function isOpen(type: Type): boolean {
  return type.kind === "unknown" || (type.kind === "tuple" && type.items.some(isOpen));
}

/** What the author may write so that a variable keeps its type. */
export function assignHint(name: string, was: Type, now: Type): string | undefined {
  if (was.kind !== "tile" || now.kind !== "tile" || was.pointer !== now.pointer) return undefined;
  if (sameShape(was.shape, now.shape)) {
    const wider = isFloat(now.dtype) && !isFloat(was.dtype);
    if (isFloat(now.dtype) && isFloat(was.dtype) && DTYPES[now.dtype].bytes > DTYPES[was.dtype].bytes)
      return `start ${name} as ${now.dtype}, which loses nothing, or convert the value: to(…, "${was.dtype}")`;
    return wider
      ? `start ${name} as ${now.dtype}${now.dtype === "f32" && was.shape.length === 0 ? ", with a literal such as 0.0" : ""}`
      : `convert the value: to(…, "${was.dtype}")`;
  }
  if (was.shape.length === 0) return `start ${name} as a tile, for example zeros(shape, "${now.dtype}")`;
  return now.shape.length < was.shape.length
    ? "keepDims: true keeps a reduced axis with size 1"
    : `start ${name} with the shape of the value, or make that fit with sum(x, axis) or reshape(x, shape)`;
}

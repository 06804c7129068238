import { type Dim, type DType, dimName, isDType, isFloat, pointer, type Type, tile, UNKNOWN } from "../ir/index.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** What the optional keys of a TypeScript type say: the language's own facts about a value. */
export interface Flavor {
  readonly kind: string | null;
  readonly shape: ts.Type | null;
  readonly dtype: ts.Type | null;
  readonly constant: string | null;
  readonly padding: string | null;
}

const KEYS = { KIND: "kind", SHAPE: "shape", DTYPE: "dtype", CONST: "constant", PADDING: "padding" } as const;

/** Reads the flavor of a type; every field is null for a plain one. */
export function flavorOf(unit: Unit, type: ts.Type): Flavor {
  const found: Record<string, ts.Type> = {};
  for (const part of parts(type)) {
    for (const property of unit.checker.getPropertiesOfType(part)) {
      // tsc writes a property whose key is a unique symbol as __@NAME@id.
      const key = /^__@([A-Z]+)@/.exec(property.escapedName as string)?.[1];
      const name = KEYS[key as keyof typeof KEYS];
      if (name !== undefined) found[name] = unit.checker.getNonNullableType(unit.checker.getTypeOfSymbol(property));
    }
  }
  return {
    kind: literalText(found.kind),
    shape: found.shape ?? null,
    dtype: found.dtype ?? null,
    constant: literalText(found.constant),
    padding: literalText(found.padding),
  };
}

export const mayBeUndefined = (type: ts.Type): boolean =>
  type.isUnion() && type.types.some(({ flags }) => flags & ts.TypeFlags.Undefined);

/** The object types of an intersection; a flavored boolean is a union of two of them that say the same. */
function parts(type: ts.Type): readonly ts.Type[] {
  if (type.isUnion()) return parts(type.types[0]!);
  if (type.isIntersection()) return type.types.flatMap(parts);
  return type.flags & ts.TypeFlags.Object ? [type] : [];
}

const literalText = (type: ts.Type | undefined): string | null => (type?.isStringLiteral() ? type.value : null);

/** The dtype a type names, through the kernel's type parameters; null where it names none or several. */
export function dtypeOf(type: ts.Type | null, bound: ReadonlyMap<ts.Symbol, DType>): DType | null {
  if (type === null) return null;
  if (type.flags & ts.TypeFlags.TypeParameter) return bound.get(type.symbol) ?? null;
  return type.isStringLiteral() && isDType(type.value) ? type.value : null;
}

/** The sizes a tuple type names; null where tsc has forgotten one. */
export function shapeOf(unit: Unit, type: ts.Type | null): readonly Dim[] | null {
  if (type === null || !unit.checker.isTupleType(type)) return null;
  const sizes = unit.checker.getTypeArguments(type as ts.TypeReference).map((size): Dim | null => {
    if (size.isNumberLiteral()) return size.value;
    const { constant } = flavorOf(unit, size);
    return constant === null ? null : dimName(constant);
  });
  return sizes.includes(null) ? null : (sizes as Dim[]);
}

/** The IR's type for what an author wrote on a local variable or a device function's parameter; UNKNOWN where it says too little. */
export function writtenType(unit: Unit, type: ts.Type, bound: ReadonlyMap<ts.Symbol, DType>): Type {
  const flavor = flavorOf(unit, type);
  if (flavor.constant !== null) return { kind: "const", of: baseOf(unit, type) };
  const dtype = dtypeOf(flavor.dtype, bound);
  const shape = shapeOf(unit, flavor.shape);
  if (dtype === null || shape === null) return UNKNOWN;
  if (flavor.kind === "pointer") return pointer(dtype, shape);
  if (flavor.kind === "descriptor") return { kind: "descriptor", dtype, block: shape };
  return flavor.kind === "tile" ? tile(dtype, shape) : UNKNOWN;
}

/** What a Const holds. */
export function baseOf(unit: Unit, type: ts.Type): "int" | "float" | "bool" | "string" {
  const one = type.isUnion() ? type.types[0]! : type;
  const dtype = dtypeOf(flavorOf(unit, type).dtype, new Map());
  if (dtype !== null && isFloat(dtype)) return "float";
  const literals = type.isUnion() ? type.types.flatMap(partsOf) : partsOf(type);
  if (literals.some((part) => part.isNumberLiteral() && !Number.isInteger(part.value))) return "float";
  const members = partsOf(one);
  if (members.some((member) => member.flags & ts.TypeFlags.BooleanLike)) return "bool";
  return members.some((member) => member.flags & ts.TypeFlags.StringLike) ? "string" : "int";
}

/** What an intersection is made of. */
export const partsOf = (type: ts.Type): readonly ts.Type[] => (type.isIntersection() ? type.types : [type]);

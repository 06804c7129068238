import { isRecord, type Said, TYPES } from "./keywords.js";

/** Of which types keywords speak, where no type is said. */
const SPEAK: Readonly<Record<string, readonly (keyof Said)[]>> = {
  object: ["properties", "required", "additional", "names", "minProperties", "maxProperties"],
  array: ["prefix", "items", "minItems", "maxItems"],
  string: ["patterns", "formats", "minLength", "maxLength"],
  number: ["least", "most", "multipleOf"],
};

/** The types that a value may have. */
export function typesOf(said: Said): readonly string[] {
  if (said.types) return said.types;
  if (said.values) return TYPES.filter((type) => said.values!.some((value) => isOfType(value, type)));
  const spoken = Object.keys(SPEAK).filter((type) => SPEAK[type]!.some((key) => said[key] !== undefined));
  return spoken.length > 0 ? spoken : TYPES.filter((type) => type !== "integer");
}

export function isOfType(value: unknown, type: string): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "null") return value === null;
  if (type === "object") return isRecord(value);
  return typeof value === type;
}

import { isRecord, type Said, TYPES } from "./keywords.js";
import { referred } from "./references.js";

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

const DEEPEST = 20;

/** The types that a schema speaks of for a property; undefined where it speaks of none. */
export function typesOfProperty(schema: unknown, name: string): readonly string[] | undefined {
  return propertiesIn(schema, name, schema)
    .map((property) => typesIn(property, schema))
    .find((types) => types !== undefined);
}

/** What a schema says of a property, in its own words, those that it refers to, and those that hold at once. */
function propertiesIn(schema: unknown, name: string, root: unknown, depth = 0): readonly unknown[] {
  if (!isRecord(schema) || depth > DEEPEST) return [];
  const { properties, $ref, allOf } = schema;
  const beside = [...(typeof $ref === "string" ? [target(root, $ref)] : []), ...(Array.isArray(allOf) ? allOf : [])];
  return [
    ...(isRecord(properties) && Object.hasOwn(properties, name) ? [properties[name]] : []),
    ...beside.flatMap((one) => propertiesIn(one, name, root, depth + 1)),
  ];
}

/** The types that a schema speaks of, whatever else it says and whether or not we can follow it. */
function typesIn(schema: unknown, root: unknown, depth = 0): readonly string[] | undefined {
  if (!isRecord(schema) || depth > DEEPEST) return undefined;
  const { $ref, type, enum: values, anyOf, oneOf, allOf } = schema;
  const within = (one: unknown) => typesIn(one, root, depth + 1);
  if ("const" in schema) return TYPES.filter((one) => isOfType(schema.const, one));
  if (Array.isArray(values)) return TYPES.filter((one) => values.some((value) => isOfType(value, one)));
  if (type !== undefined) return [type].flat().map(String);
  if (typeof $ref === "string") return within(target(root, $ref));
  if (Array.isArray(allOf)) return allOf.map(within).find((types) => types !== undefined);
  const options = [anyOf, oneOf].find(Array.isArray)?.map(within);
  return options?.every((types) => types !== undefined) ? [...new Set(options.flat())] : undefined;
}

function target(root: unknown, ref: string): unknown {
  try {
    return referred(root, ref, "#").schema;
  } catch {
    return undefined;
  }
}

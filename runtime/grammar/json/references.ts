/** References within a schema, such as #/$defs/name. */
import { formatError } from "../errors.js";
import { ANNOTATIONS, isRecord, type Part } from "./keywords.js";

/** A schema that only refers to another. */
export function referenceOf({ schema }: Part): string | undefined {
  if (!isRecord(schema) || typeof schema.$ref !== "string") return undefined;
  return Object.keys(schema).every((key) => key === "$ref" || ANNOTATIONS.has(key)) ? schema.$ref : undefined;
}

/** What a reference that stands at a place of a schema refers to. @throws GenerateError where there is no such thing */
export function referred(root: unknown, ref: string, place: string): Part {
  if (ref !== "#" && !ref.startsWith("#/"))
    throw formatError(`the schema at ${place}`, `$ref ${ref} is not within the schema: only #/… is supported`);
  let schema = root;
  for (const step of ref.split("/").slice(1)) {
    const key = decoded(step).replaceAll("~1", "/").replaceAll("~0", "~");
    const inside = typeof schema === "object" && schema !== null && Object.hasOwn(schema, key);
    if (!inside) throw formatError(`the schema at ${place}`, `$ref ${ref} leads nowhere: there is no ${key}`);
    schema = (schema as Record<string, unknown>)[key];
  }
  return { schema, place: ref };
}

/** A step of a reference; what is no percent code stays as it is. */
const decoded = (step: string): string =>
  step.replace(/(%[\da-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll("%", ""), "hex").toString());

import { createHash } from "node:crypto";

/** What a key can be made of. Absent and undefined properties are the same; -0 is 0; a bigint is not its number. */
export type KeyPart =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly KeyPart[]
  | { readonly [name: string]: KeyPart };

/** SHA-256 in hex over a canonical text of the parts: the order of properties does not matter, types do. */
export function cacheKey(parts: KeyPart): string {
  return createHash("sha256").update(canonical(parts)).digest("hex");
}

function canonical(part: KeyPart): string {
  if (part instanceof Uint8Array) return `bytes:${createHash("sha256").update(part).digest("hex")}`;
  if (Array.isArray(part)) return `[${part.map(canonical).join(",")}]`;
  if (typeof part === "object" && part !== null) return properties(part as Record<string, KeyPart>);
  if (typeof part === "bigint") return `${part}n`;
  // JSON has no NaN and no infinities.
  if (typeof part === "number" && !Number.isFinite(part)) return String(part);
  return part === undefined ? "undefined" : JSON.stringify(part);
}

function properties(part: Record<string, KeyPart>): string {
  const present = Object.keys(part)
    .filter((name) => part[name] !== undefined)
    .sort();
  return `{${present.map((name) => `${JSON.stringify(name)}:${canonical(part[name])}`).join(",")}}`;
}

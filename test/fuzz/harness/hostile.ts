/** Arbitraries of what a hostile or damaged file has in it. All of them are JSON. */

import fc from "fast-check";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 3, 7, 16, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31)),
  fc.constantFrom(0.5, -0.5, 1e-300, 1e300, 1e308, 5e-324, 3.4e39, 2 ** 63, 2 ** 64),
  fc.integer({ min: -100, max: 100 }),
);

export const hostileString: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("", " ", "\0", "a\0b", "\ud800", "\udc00x", "\u{1f600}", "\r\n", "\u202e", "\ufdd0", "\ufffd", "é"),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "NaN",
    "null",
    "true",
    "-1",
    "1e9",
  ),
  fc.constantFrom(
    "../x",
    "/etc/passwd",
    "..",
    ".",
    "a/../../b",
    "C:\\x",
    "file:///etc/passwd",
    "$(touch x)",
    "`x`",
    "%s%n",
  ),
  fc.string({ maxLength: 20 }),
  fc.array(fc.nat({ max: 0x10ffff }), { maxLength: 8 }).map((points) => String.fromCodePoint(...points)),
  fc
    .tuple(fc.constantFrom("a", "é", "(", "[", "{{", "\0", "<|"), fc.constantFrom(100, 5000))
    .map(([s, n]) => s.repeat(n)),
);

export const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 3, arbitrary: hostileNumber },
  { weight: 3, arbitrary: hostileString },
  fc.constantFrom<Json>(null, true, false, [], {}, [[]], [null], { a: 1 }, [0, 0, 0, 0], { type: "x" }),
  fc.array(hostileNumber, { maxLength: 5 }),
);

/** The way to a place in a JSON document: of each child its key, or its number, taken modulo how many there are. */
type Way = readonly (number | string)[];

/** One change of a JSON document. */
export type JsonEdit = { readonly at: Way } & (
  | { readonly set: Json }
  | { readonly remove: true }
  | { readonly rename: string }
  | { readonly copyFrom: Way }
  | { readonly repeat: number }
  | { readonly nest: number }
);

const place = fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 7 });

const jsonEdit: fc.Arbitrary<JsonEdit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ at: place, set: hostileValue }) },
  { weight: 2, arbitrary: fc.record({ at: place, remove: fc.constant(true as const) }) },
  { weight: 1, arbitrary: fc.record({ at: place, rename: hostileString }) },
  { weight: 4, arbitrary: fc.record({ at: place, copyFrom: place }) },
  { weight: 1, arbitrary: fc.record({ at: place, repeat: fc.constantFrom(2, 3, 17, 300) }) },
  { weight: 1, arbitrary: fc.record({ at: place, nest: fc.constantFrom(1, 3, 100, 500) }) },
);

export const jsonEdits = fc.array(jsonEdit, { minLength: 1, maxLength: 4 });

type Holder = Record<string, Json>;
interface Spot {
  readonly holder: Holder;
  readonly key: string;
}

const holds = (value: Json | undefined): value is Json[] | Holder =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

function find(document: Holder, at: Way): Spot {
  let spot: Spot = { holder: document, key: "document" };
  for (const step of at) {
    const value = spot.holder[spot.key];
    if (!holds(value)) break;
    const keys = Object.keys(value);
    spot = { holder: value as Holder, key: typeof step === "string" ? step : keys[step % keys.length]! };
  }
  return spot;
}

const nested = (value: Json, depth: number): Json => (depth === 0 ? value : [nested(value, depth - 1)]);

function change({ holder, key }: Spot, edit: JsonEdit, copied: Json): void {
  const value = holder[key] ?? null;
  if ("set" in edit) holder[key] = structuredClone(edit.set);
  else if ("copyFrom" in edit) holder[key] = structuredClone(copied);
  else if ("nest" in edit) holder[key] = nested(value, edit.nest);
  else if ("repeat" in edit) holder[key] = Array.from({ length: edit.repeat }, () => structuredClone(value));
  else {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
    if ("rename" in edit && !Array.isArray(holder))
      Object.defineProperty(holder, edit.rename, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** A copy of the document with the changes made one after the other. */
export function edited(document: Json, edits: readonly JsonEdit[]): Json {
  const root: Holder = { document: structuredClone(document) };
  for (const edit of edits) {
    const from = find(root, "copyFrom" in edit ? edit.copyFrom : []);
    change(find(root, edit.at), edit, from.holder[from.key] ?? null);
  }
  return root.document ?? null;
}

/** One change of bytes; `at` is taken modulo their number. */
export type ByteEdit =
  | { readonly at: number; readonly byte: number }
  | { readonly at: number; readonly u64: string }
  | { readonly at: number; readonly cut: number }
  | { readonly at: number; readonly twice: number }
  | { readonly end: number };

const position = fc.nat({ max: 1 << 20 });
const u64 = fc.oneof(
  fc.constantFrom("0", "1", "255", "65536", "4294967295", "4294967296", "9007199254740993", "9223372036854775808"),
  fc.constant(String(2n ** 64n - 1n)),
);

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ at: position, byte: fc.nat({ max: 255 }) }) },
  { weight: 2, arbitrary: fc.record({ at: position, u64 }) },
  { weight: 1, arbitrary: fc.record({ at: position, cut: fc.integer({ min: 1, max: 64 }) }) },
  { weight: 1, arbitrary: fc.record({ at: position, twice: fc.integer({ min: 1, max: 64 }) }) },
  { weight: 1, arbitrary: fc.record({ end: position }) },
);

export const byteEdits = fc.array(byteEdit, { maxLength: 5 });

export function editedBytes(whole: Uint8Array, edits: readonly ByteEdit[]): Buffer {
  let bytes = Buffer.from(whole);
  for (const edit of edits) {
    if (bytes.length === 0) break;
    if ("end" in edit) {
      bytes = bytes.subarray(0, edit.end % bytes.length);
      continue;
    }
    const at = edit.at % bytes.length;
    if ("byte" in edit) bytes[at] = edit.byte;
    else if ("u64" in edit) {
      if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(BigInt(edit.u64), at);
    } else if ("cut" in edit) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + edit.cut)]);
    else bytes = Buffer.concat([bytes.subarray(0, at + edit.twice), bytes.subarray(at)]);
  }
  return bytes;
}

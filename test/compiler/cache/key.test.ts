import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheKey, type KeyPart } from "../../../compiler/cache/index.js";

describe("cacheKey", () => {
  it("does not depend on the order of properties, nor on absent ones", () => {
    expect(cacheKey({ a: 1, b: [2, { c: 3, d: undefined }] })).toBe(cacheKey({ b: [2, { c: 3 }], a: 1 }));
  });

  it("tells types apart that print alike", () => {
    const parts: KeyPart[] = [
      1,
      "1",
      1n,
      true,
      "true",
      null,
      "null",
      undefined,
      [],
      {},
      [1],
      ["1"],
      Number.NaN,
      "NaN",
      new Uint8Array([49]),
    ];
    expect(new Set(parts.map(cacheKey)).size).toBe(parts.length);
  });

  it("differs for different JSON values", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = cacheKey(a as KeyPart) === cacheKey(b as KeyPart);
        expect(same).toBe(sorted(a) === sorted(b));
      }),
    );
  });
});

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, one) =>
    one && typeof one === "object" && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );

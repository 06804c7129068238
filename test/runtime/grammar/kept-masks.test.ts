/** Masks of several grammars in a bounded memory. */
import { expect, test } from "vitest";
import { Guide } from "../../../runtime/grammar/constraint.js";
import { grammarOf } from "../../../runtime/grammar/format.js";
import { KeptMasks } from "../../../runtime/grammar/kept-masks.js";
import { lower } from "../../../runtime/grammar/lower.js";
import { randomOf, tree, VOCABULARY, WORDS, walk } from "./walking.js";

test("of more than fit those go first whose grammar was longest without a new one", () => {
  const kept = new KeptMasks(40);
  const [a, b] = [{}, {}];
  const mask = () => new Uint32Array(4);
  kept.keep(a, 0, mask());
  kept.keep(b, 0, mask());
  expect([kept.bytes, kept.get(a, 0)?.length, kept.get(b, 0)?.length]).toEqual([32, 4, 4]);
  kept.keep(b, 1, mask());
  expect([kept.bytes, kept.get(a, 0), kept.get(b, 0)?.length]).toEqual([32, undefined, 4]);
  kept.keep(b, 2, mask());
  // One alone that has more than fit begins anew.
  expect([kept.bytes, kept.get(b, 2)]).toEqual([0, undefined]);
  kept.keep(a, 1, mask());
  kept.drop(a);
  expect(kept.bytes).toBe(0);
});

test("grammars answer as they do, however few of their masks are kept", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string", maxLength: 9 }, b: { type: "integer", maximum: 99, minimum: 0 } },
  };
  const root = lower(grammarOf({ type: "json_schema", schema }));
  const few = new KeptMasks(WORDS * 4 * 3);
  const [one, other] = [few, new KeptMasks()].map((kept) => new Guide(root, tree, VOCABULARY, kept));
  for (let seed = 0; seed < 10; seed++) expect(walk(one!, randomOf(seed))).toBe(walk(other!, randomOf(seed)));
  expect(few.bytes).toBeLessThanOrEqual(WORDS * 4 * 3);
});

/** What no check of a pattern can tell beforehand is ended while it happens. */

import { expect, it } from "vitest";
import { EncodingLimit, TimeLimit } from "../../../runtime/tokenizer/encoding-limits.js";
import { JsonPart } from "../../../runtime/tokenizer/hugging-face/json.js";
import { createTokenizer, huggingFaceTokenizer } from "../../../runtime/tokenizer/index.js";
import { smallTokenizerJson } from "./hugging-face-fixtures.js";

const endless = () => /\s+$/.test(`${" ".repeat(1_000_000)}x`);

it("matching ends when its time is up", () => {
  const began = performance.now();
  expect(() => new TimeLimit(0, 50).within(endless)).toThrow("takes more than 0.05 s");
  expect(performance.now() - began).toBeLessThan(5000);
});

it("the time is for all of a text", () => {
  const time = new TimeLimit(0, 200);
  function* slow() {
    for (;;) {
      const began = performance.now();
      while (performance.now() - began < 1);
      yield "word";
    }
  }
  let words = 0;
  expect(() => {
    for (const _ of time.each(slow())) words++;
  }).toThrow(EncodingLimit);
  expect(words).toBeLessThan(400);
});

it("what is thrown within comes out, and words come in order", () => {
  const time = new TimeLimit(0);
  expect(() =>
    time.within(() => {
      throw new RangeError("mine");
    }),
  ).toThrow(RangeError);
  const all = Array.from({ length: 5000 }, (_, index) => index);
  expect([...time.each(all)]).toEqual(all);
});

it("normalizers that make a long text of a short one end in a ModelError", () => {
  const longer = { type: "Replace", pattern: { String: "a" }, content: "a".repeat(20_000) };
  const json = smallTokenizerJson("GPT-2", { normalizer: { type: "Sequence", normalizers: [longer, longer] } });
  const tokenizer = createTokenizer(
    huggingFaceTokenizer({
      folder: "small",
      tokenizer: new JsonPart("tokenizer.json", json),
      config: new JsonPart("", {}),
      specialTokens: new JsonPart("", {}),
    }),
  );
  expect(() => tokenizer.encode("a")).toThrow(
    expect.objectContaining({
      name: "ModelError",
      code: "tokenizer-limit",
      message: expect.stringContaining("more than 134217728"),
    }),
  );
});

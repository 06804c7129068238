import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerPrefix, isRight, needleOf, needleText, questionText } from "../../eval/niah/needle.js";
import { adjectives, nouns } from "../../eval/niah/words.js";

const place = { seed: 0, context: 8192, depth: 50 };

describe("needles", () => {
  it("are the same each time, and others for another seed, context or depth", () => {
    expect(needleOf(place, 0)).toEqual(needleOf({ ...place }, 0));
    const others = [{ seed: 1 }, { context: 4096 }, { depth: 25 }].map((other) => needleOf({ ...place, ...other }, 0));
    expect(new Set([needleOf(place, 0), ...others].map(({ number }) => number)).size).toBe(4);
  });

  it("of one cell differ in word and number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const many = Array.from({ length: 500 }, (_, index) => needleOf({ ...place, seed }, index));
        expect(new Set(many.map(({ word }) => word)).size).toBe(500);
        expect(new Set(many.map(({ number }) => number)).size).toBe(500);
        for (const { number } of many) expect(number).toMatch(/^[1-9]\d{6}$/);
      }),
      { numRuns: 20 },
    );
  });

  it("have keys of two words that no list has twice", () => {
    expect(new Set(adjectives).size).toBe(adjectives.length);
    expect(new Set(nouns).size).toBe(nouns.length);
    expect(new Set([...adjectives, ...nouns]).size).toBe(adjectives.length + nouns.length);
    // The steps between a cell's needles visit every key.
    expect(3571 % adjectives.length).not.toBe(0);
    expect(3571 % nouns.length).not.toBe(0);
  });

  it("are asked for by name, and an answer starts by repeating the question", () => {
    const needle = { word: "quiet-lantern", number: "1234567" };
    expect(needleText(needle)).toBe("One of the special magic numbers for quiet-lantern is: 1234567.");
    expect(questionText(needle)).toContain("for quiet-lantern mentioned in the provided text?");
    expect(answerPrefix(needle)).toBe("The special magic number for quiet-lantern mentioned in the provided text is");
  });
});

it.each<[string, boolean]>([
  ["1234567", true],
  [" 1234567.", true],
  ["is: 1234567, I think", true],
  ["11234567", false],
  ["12345678", false],
  ["123456", false],
  ["1,234,567", false],
  ["", false],
])("answer %j is right: %s", (answer, right) => {
  expect(isRight(answer, { word: "a-b", number: "1234567" })).toBe(right);
});

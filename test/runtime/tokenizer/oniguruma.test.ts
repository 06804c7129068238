/** Regular expressions of tokenizer.json, against the engine that they are written for. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimeLimit } from "../../../runtime/tokenizer/encoding-limits.js";
import { oniguruma, PatternError } from "../../../runtime/tokenizer/oniguruma.js";
import { split } from "../../../runtime/tokenizer/word-steps.js";
import { huggingFaceFixtures } from "./hugging-face-fixtures.js";

it.each(huggingFaceFixtures.patterns.map(({ pattern, text, words }) => [pattern, text, words] as const))(
  "%j cuts %j as Hugging Face does",
  (pattern, text, words) => {
    expect([...split(oniguruma(pattern))(text, true)]).toEqual(words);
  },
);

describe("refuses", () => {
  it.each([
    ["\\h", "\\h"],
    ["\\1", "\\1"],
    ["(a)\\k<a>", "\\k"],
    ["[[:alpha:]]", "[:alpha:"],
    ["\\p{Klingon}", "Klingon"],
    ["(?m:a)", "(?m:"],
    ["(?<name>a)", "(?<na"],
    ["a{2}+", "{2}+"],
    ["a)", ")"],
    ["(a", "( without )"],
    ["[a", "[ without ]"],
    ["[]", "empty"],
    ["*a", "* after nothing"],
    ["[z-a]", "z-"],
    ["a\\", "\\\\"],
  ])("%j by name", (pattern, named) => {
    expect(() => oniguruma(pattern)).toThrow(PatternError);
    expect(() => oniguruma(pattern)).toThrow(named);
  });
});

describe("time that doubles with each letter", () => {
  it.each([
    "(a+)+",
    "(a*)*b",
    "(a|a)*b",
    "(a|b|ab)*c",
    "(?:a?b?)*",
    "(?:(?:|)a)*",
    "(\\d{1,3})+",
    "(x+x+)+y",
    "([a-z]+ ?)*!",
    "(?:\\p{L}|\\w)+x",
    "(?:\\s|\\n)*x",
    "(?i:k|K)+x",
    "(?=(a+)+b)",
    "(?<!(a|aa)+b)c",
  ])("%j is refused", (pattern) => {
    expect(() => oniguruma(pattern)).toThrow(/can take time that doubles/);
  });

  it.each([
    "(\\d{3})+",
    "(?:ab|ac|b)*",
    "(?:a?b)*",
    "(?:\\w+ )*",
    "(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+",
    "(?:foo|bar|foobarx)+",
    "(?:x{50}){5}",
    "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ])("%j has one way through a text, and is taken", (pattern) => {
    expect(oniguruma(pattern)).toBeInstanceOf(RegExp);
  });

  // Each letter but the last can be taken in two ways, one after the other: were one of these taken, it would never end.
  it("goes for patterns of any build", () => {
    const { tree } = fc.letrec<{ atom: string; tree: string }>((tie) => ({
      atom: fc.constantFrom("a", "b", "[ab]", "\\w", "."),
      tree: fc.oneof(
        { maxDepth: 4 },
        tie("atom"),
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => a + b),
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => `(?:${a}|${b})`),
        fc.tuple(tie("tree"), fc.constantFrom("*", "+", "?", "{0,2}", "+?")).map(([a, times]) => `(?:${a})${times}`),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom("a", "b", "ab", "aab", "ba"), (pattern, word) => {
        let taken: RegExp;
        try {
          taken = oniguruma(`^${pattern}$`);
        } catch (error) {
          return error instanceof PatternError;
        }
        const text = `${word.repeat(40)}\u{1f600}\n`;
        new TimeLimit(0, 2000).within(() => taken.exec(text));
        return true;
      }),
      { numRuns: 100 },
    );
  });
});

it("groups in groups and long repetitions are refused, not followed", () => {
  expect(() => oniguruma("(".repeat(50_000))).toThrow(/more than 100 groups/);
  expect(() => oniguruma("[".repeat(50_000))).toThrow(/more than 100 groups/);
  expect(() => oniguruma("(?:x{1000}){1000}")).toThrow(/too many parts/);
});

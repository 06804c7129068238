/** Regular expressions of tokenizer.json, against the engine that they are written for. */

import { describe, expect, it } from "vitest";
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

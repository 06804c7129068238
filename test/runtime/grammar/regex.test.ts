/** Patterns, beside JavaScript's own. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { processorTime } from "../../processor-time.js";
import { guideFor, randomOf, takes, walk } from "./walking.js";

const atoms = fc.constantFrom(
  ...[
    "a",
    "b",
    "ab",
    "é",
    "日",
    "😀",
    ".",
    "\\d",
    "\\w",
    "\\S",
    "\\s",
    "[a-c]",
    "[^a-c]",
    "[\\d_-]",
    "[é日]",
    "\\.",
    "\\u00e9",
    "\\u{1f600}",
    "\\p{Lu}",
    "\\x41",
  ],
);
/** JavaScript tries all ways to share a text out among repetitions of repetitions, and so never ends. */
const repeated = (pattern: string, times: string): string => `(${pattern})${/[*+,]/.test(pattern) ? "{2}" : times}`;

const { pattern: patterns } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3 },
    atoms,
    fc.tuple(tie("pattern"), tie("pattern")).map((all) => all.join("")),
    fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"))
      .map(([a, times]) => repeated(a, times)),
  ),
}));
const texts = fc.oneof(
  fc
    .array(fc.constantFrom("a", "b", "c", "A", "1", "_", " ", ".", "é", "日", "😀"), { maxLength: 6 })
    .map((all) => all.join("")),
  patterns.chain((pattern) =>
    fc.stringMatching(new RegExp(`^(?:${pattern.replaceAll(/\\[Ss]|\\p\{Lu\}|\[\^a-c\]|(?<!\\)\./g, "a")})$`, "u")),
  ),
);

test("a text is taken exactly where JavaScript's pattern matches all of it", () => {
  fc.assert(
    fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 5 }), fc.integer(), (pattern, all, seed) => {
      const guide = guideFor({ type: "regex", pattern });
      const whole = new RegExp(`^(?:${pattern})$`, "u");
      for (const text of all)
        if (takes(guide, text, randomOf(seed)) !== whole.test(text))
          throw new Error(`${JSON.stringify(text)}: ${whole.test(text)} to JavaScript`);
      const text = walk(guide, randomOf(seed), 20);
      if (text !== undefined && !whole.test(text)) throw new Error(`${JSON.stringify(text)} was answered`);
    }),
    { numRuns: 100 },
  );
});

test("looking ahead at the beginning narrows what follows", () => {
  const guide = guideFor({ type: "regex", pattern: /^(?!.*--)(?=.*\d$)[a-z-]+\d|x$/ });
  expect(["ab1", "a-b2", "x"].map((text) => takes(guide, text))).toEqual([true, true, true]);
  expect(["a--b1", "ab", "-", "x1x"].map((text) => takes(guide, text))).toEqual([false, false, false, false]);
});

test.each([
  ["(a)\\1", /character 4 of the pattern \(a\)\\1: references to a group/],
  ["\\bword", /character 1 .*: edges of words/],
  ["a(?=b)", /character 2 .*: looking ahead is supported at the beginning/],
  ["(?<=a)b", /character 1 .*: looking behind/],
  ["a^b", /character 2 .*: \^ can only be at the beginning/],
  ["(a$)b", /character 3 .*: \$ can only be at the end/],
  ["[", /none of JavaScript's with the flag u: .*Unterminated/],
  ["a{200000}", /repeats something 200000 times, more than 100000/],
  ["[^\\s\\S]", /no text can be an answer/],
])("%s is refused", (pattern, message) => {
  expect(() => guideFor({ type: "regex", pattern })).toThrow(message);
});

test("patterns that take others exponential time take little", () => {
  const seconds = processorTime();
  for (const pattern of ["(a*)*b", "(a|a)*c", "(a?){500}a{500}", "(.*a){20}", "((a{1,100}){1,100}){1,100}"]) {
    const guide = guideFor({ type: "regex", pattern });
    try {
      takes(guide, "a".repeat(300));
    } catch (error) {
      expect(String(error)).toMatch(/too many ways/);
    }
  }
  expect(seconds()).toBeLessThan(10);
});

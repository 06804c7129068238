/** Grammars in EBNF. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { processorTime } from "../../processor-time.js";
import { allowed, answerOf, END, guideFor, randomOf, takes, walk } from "./walking.js";

const SUMS = `
# Sums of products
root    ::= sum
sum     ::= product (" "? [+-] " "? product)*
product ::= factor ("*" factor)*
factor  ::= number | "(" sum ")"
number  ::= "0" | [1-9] [0-9]{0,3}
`;

test("whatever is answered is of the grammar: sums that JavaScript can do", () => {
  const guide = guideFor({ type: "grammar", ebnf: SUMS });
  let ended = 0;
  for (let seed = 0; seed < 60; seed++) {
    const text = walk(guide, randomOf(seed), 40);
    if (text === undefined) continue;
    ended++;
    expect(text).toMatch(/^[\d+\-* ()]+$/);
    expect(Number.isFinite(Function(`return ${text}`)())).toBe(true);
  }
  expect(ended).toBeGreaterThan(20);
});

const { sum } = fc.letrec<{ sum: string; factor: string }>((tie) => ({
  sum: fc
    .array(
      fc.array(tie("factor"), { minLength: 1, maxLength: 2 }).map((all) => all.join("*")),
      { minLength: 1, maxLength: 3 },
    )
    .map((all) => all.join(" + ")),
  factor: fc.oneof(
    { maxDepth: 3 },
    fc.nat(9999).map(String),
    tie("sum").map((inner) => `(${inner})`),
  ),
}));

test("whatever is of the grammar is taken, and with a bracket less it is not", () => {
  const guide = guideFor({ type: "grammar", ebnf: SUMS });
  fc.assert(
    fc.property(sum, fc.integer(), (text, seed) => {
      expect(takes(guide, text, randomOf(seed))).toBe(true);
      expect(takes(guide, `(${text}`, randomOf(seed))).toBe(false);
    }),
    { numRuns: 100 },
  );
});

test("an answer may end where it is whole and nowhere else; where nothing can follow it has ended", () => {
  const answer = answerOf(guideFor({ type: "grammar", ebnf: 'root ::= "ab" "c"?' }));
  expect(allowed(answer)).not.toContain(END);
  for (const byte of Buffer.from("ab")) answer.accept(byte);
  expect(allowed(answer)).toEqual(["c".charCodeAt(0), END]);
  expect(answer.ended).toBe(false);
  answer.accept("c".charCodeAt(0));
  expect(answer.ended).toBe(true);
});

test("characters, escapes, sets and counts", () => {
  const ebnf = String.raw`root ::= "\x41\u00e9\U0001f600\"" [^a-z\n] [\]\-x]{2} . (a | )
a ::= "é"+ # a comment`;
  const guide = guideFor({ type: "grammar", ebnf });
  expect(takes(guide, 'Aé😀"Z]-日éé')).toBe(true);
  expect(takes(guide, 'Aé😀"Z]-日')).toBe(true);
  expect(takes(guide, 'Aé😀"z]-日')).toBe(false);
});

test.each([
  ['start ::= "a"', /it has no rule root/],
  ["root ::= other", /it names the rule other, which it does not have/],
  ['root ::= root "a" | "b"', /the rule root begins with itself: write what is repeated behind it/],
  ['root ::= a "x"\na ::= ("y"?) b\nb ::= a | "z"', /the rule (?:a|b) begins with itself \((?:a → b → a|b → a → b)\)/],
  ['root ::= "a" root', /no text can be an answer/],
  ['root ::= "a"\nroot ::= "b"', /line 2 of the grammar: the rule root is said twice/],
  ['root ::= ("a"', /line 1 of the grammar: a \) is missing/],
  ['root ::= "a")', /line 1 of the grammar: nothing was opened/],
  ["root ::= *", /line 1 of the grammar: \* repeats nothing/],
  ['root ::= "a', /line 1 of the grammar: "\\"a" is none of names/],
  ['\n"a"', /line 2 of the grammar: a rule is to begin here/],
  ["root ::= [z-a]", /a range whose end is before its beginning/],
])("%j is refused", (ebnf, message) => {
  expect(() => guideFor({ type: "grammar", ebnf })).toThrow(message);
});

test("grammars that can be read in ever more ways end in an error, and soon", () => {
  const seconds = processorTime();
  const twice = 'root ::= "x" root a | "x" root b | "y"\na ::= "z"\nb ::= "z"';
  expect(() => takes(guideFor({ type: "grammar", ebnf: twice }), "x".repeat(60))).toThrow(/too many ways/);
  const empties = `root ::= ${"(".repeat(80)}"a"?${")*".repeat(80)}`;
  expect(takes(guideFor({ type: "grammar", ebnf: empties }), "aaaa")).toBe(true);
  const chain = Array.from({ length: 3000 }, (_, i) => `r${i} ::= "a" r${i + 1} | r${i + 1}`).join("\n");
  expect(takes(guideFor({ type: "grammar", ebnf: `root ::= r0\n${chain}\nr3000 ::= "b"` }), "aab")).toBe(true);
  expect(seconds()).toBeLessThan(15);
});

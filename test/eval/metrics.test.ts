/** Metrics beside what the published Python code gives for hand-made answers (test/reference/make_metric_fixtures.py). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  chosenLetters,
  exactMatch,
  f1,
  judgement,
  numberIn,
  referenceLetters,
  rougeL,
  rougeLsum,
  rougeN,
  sequenceRatio,
  unionRougeL,
} from "../../eval/metrics/index.js";

interface Fixture {
  readonly pairs: readonly (Readonly<Record<string, number>> & {
    readonly answer: string;
    readonly reference: string;
  })[];
  readonly exact: readonly (readonly [string, string, number])[];
  readonly choices: readonly (readonly [string, string, string])[];
  readonly gold: readonly (readonly [string, string])[];
  readonly math: readonly (readonly [string, string])[];
  readonly judged: readonly (readonly [string, readonly [string, string]])[];
}

const read = readFileSync(new URL("../fixtures/metrics.json", import.meta.url), "utf8");
const { pairs, exact, choices, gold, math, judged } = JSON.parse(read) as Fixture;

describe.each([
  ["f1", f1],
  ["rouge1", (answer: string, reference: string) => rougeN(answer, reference, 1)],
  ["rouge2", (answer: string, reference: string) => rougeN(answer, reference, 2)],
  ["rougeL", rougeL],
  ["rougeLsum", rougeLsum],
  ["unionRougeL", unionRougeL],
  ["sequenceRatio", sequenceRatio],
] as const)("%s", (name, metric) => {
  it.each(pairs)("of $answer beside $reference", (pair) => {
    expect(metric(pair.answer, pair.reference)).toBeCloseTo(pair[name]!, 12);
  });
});

describe("closed questions of L-Eval", () => {
  it.each(exact)("%j beside %j is worth %d", (answer, reference, score) => {
    expect(exactMatch(answer, reference)).toBe(score);
  });
  it.each(choices)("%j chooses %s, or %s of several", (answer, one, several) => {
    expect([false, true].map((more) => chosenLetters(answer, { several: more }))).toEqual([one, several]);
  });
  it.each(gold)("the letters of %j are %s", (reference, letters) => {
    expect(referenceLetters(reference)).toBe(letters);
  });
  it.each(math)("the number in %j is %j", (answer, number) => {
    expect(numberIn(answer)).toBe(number);
  });
  it.each(judged)("%j says %j", (answer, said) => {
    const [loyalty, fact] = answer.toLowerCase().split("[fact:");
    expect([judgement(loyalty!), judgement(fact!.slice(0, -1))]).toEqual(said);
  });
});

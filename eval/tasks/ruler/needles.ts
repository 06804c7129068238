import type { Draws } from "../synthetic/index.js";
import { amongLines, amongNoise, amongSentences, type Made, rareWords } from "./text.js";

/** A task that hides sentences of keys and values, and asks for the values of some. */
export interface Needles {
  /** Among what they are hidden: lines of noise, an essay (noise where there is none), or sentences like them. */
  readonly hay: "noise" | "essay" | "needles";
  readonly key?: "uuids";
  readonly value?: "uuids";
  readonly keys?: number;
  readonly values?: number;
  readonly queries?: number;
}

/** By names of RULER's own (arXiv 2404.06654, table 5). */
export const NEEDLES: Readonly<Record<string, Needles>> = {
  niah_single_1: { hay: "noise" },
  niah_single_2: { hay: "essay" },
  niah_single_3: { hay: "essay", value: "uuids" },
  niah_multikey_1: { hay: "essay", keys: 4 },
  niah_multikey_2: { hay: "needles" },
  niah_multikey_3: { hay: "needles", key: "uuids", value: "uuids" },
  niah_multivalue: { hay: "essay", values: 4 },
  niah_multiquery: { hay: "essay", keys: 4, queries: 4 },
};

/** A text of `size` parts: lines of noise, words of the essay, or sentences. */
export function hideNeedles(
  { hay, key, value, keys = 1, values = 1, queries = 1 }: Needles,
  draws: Draws,
  size: number,
  essay: readonly string[] | undefined,
): Made {
  const kind = value === "uuids" ? "code" : "number";
  const others = hay === "needles" ? size : 0;
  // No key stands for two: an answer would be right and judged wrong.
  const names =
    key === "uuids" ? Array.from({ length: keys + others }, () => draws.uuid()) : rareWords(draws, keys + others);
  const draw = () => (value === "uuids" ? draws.uuid() : String(draws.between(1_000_000, 9_999_999)));
  const line = (name: string, one: string) => `A secret ${kind} of ${name} is ${one}.`;
  const hidden = names.slice(0, keys).map((name) => ({ name, values: Array.from({ length: values }, draw) }));
  const lines = draws.shuffled(hidden.flatMap((one) => one.values.map((each) => line(one.name, each))));
  const straws = names.slice(keys).map((name) => line(name, draw()));
  const asked = draws.sample(hidden, queries);
  const answers = asked.flatMap((one) => one.values);
  const several = answers.length > 1;
  const of = listed(asked.map(({ name }) => name));
  return {
    before: several
      ? `Sentences in the following text give secret ${kind}s. Keep them in mind: you will be asked for some of them.\n\n`
      : `A sentence in the following text gives a secret ${kind}. Keep it in mind: you will be asked for it.\n\n`,
    document:
      hay === "needles"
        ? amongLines(draws, lines, straws)
        : hay === "essay" && essay
          ? amongSentences(draws, lines, essay, size)
          : amongNoise(draws, lines, size),
    after: `\n\nWhich secret ${kind}${several ? "s" : ""} of ${of} does the text give?`,
    opening: `The text gives the secret ${kind}${several ? "s" : ""} of ${of}:`,
    answers,
  };
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

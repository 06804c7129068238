import { readFileSync } from "node:fs";
import type { Model } from "../../runtime/models/model.js";
import type { ChatMessage } from "../../runtime/tokenizer/index.js";

/** What the numpy reference (test/reference/llama.py) generated: ids up to and with the end token, and each step's gap between the two best logits. */
export interface GreedyCase {
  readonly name: string;
  readonly messages: readonly ChatMessage[];
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
  readonly gaps: readonly number[];
  readonly text: string;
}

/** By then most have had a near tie behind which nothing need be equal any more, and a step takes a third of a second on the CPU executor. */
const BEGINNING = 12;

export const beginningOf = (one: GreedyCase): GreedyCase => ({
  ...one,
  ids: one.ids.slice(0, BEGINNING),
  gaps: one.gaps.slice(0, BEGINNING),
});

/** Below this, bfloat16 may rightly choose the other token (two best logits of float32 closer than rounding). */
export const NEAR_TIE = 0.25;

export const readGreedyCases = (file: URL): GreedyCase[] => JSON.parse(readFileSync(file, "utf8"));

/**
 * With ReAttention rounding also selects other tokens here and there: in the plain decoder, queries and keys that are 0.3 % off move the gaps of
 * such steps by up to 0.3.
 */
export const NEAR_TIE_OF_SELECTION = 0.5;

/**
 * Generates greedily and compares with the reference up to the first near tie where the two part.
 * @returns the text, how many tokens were equal, and what differed where the reference was sure
 */
export async function compareGreedy(model: Model, { promptIds, ids, gaps }: GreedyCase, nearTie = NEAR_TIE) {
  const { text, tokens, stopReason } = await model.generateFrom(promptIds, { maxTokens: ids.length, temperature: 0 })
    .result;
  const got = stopReason === "end" ? [...tokens, ids.at(-1)!] : tokens;
  const parted = ids.findIndex((id, index) => got[index] !== id);
  const equal = parted < 0 ? ids.length : parted;
  const wrong =
    parted >= 0 && gaps[parted]! >= nearTie
      ? { at: parted, expected: ids[parted], got: got[parted], gap: gaps[parted] }
      : undefined;
  return { text, equal, wrong };
}

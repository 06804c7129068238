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

/** Below this, bfloat16 may rightly choose the other token (two best logits of float32 closer than rounding). */
export const NEAR_TIE = 0.25;

export const readGreedyCases = (file: URL): GreedyCase[] => JSON.parse(readFileSync(file, "utf8"));

/**
 * Generates greedily and compares with the reference up to the first near tie where the two part.
 * @returns how many tokens were equal, and what differed where the reference was sure
 */
export async function compareGreedy(model: Model, { promptIds, ids, gaps }: GreedyCase) {
  const { tokens, stopReason } = await model.generateFrom(promptIds, { maxTokens: ids.length, temperature: 0 }).result;
  const got = stopReason === "end" ? [...tokens, ids.at(-1)!] : tokens;
  const parted = ids.findIndex((id, index) => got[index] !== id);
  const equal = parted < 0 ? ids.length : parted;
  const wrong =
    parted >= 0 && gaps[parted]! >= NEAR_TIE
      ? { at: parted, expected: ids[parted], got: got[parted], gap: gaps[parted] }
      : undefined;
  return { equal, wrong };
}

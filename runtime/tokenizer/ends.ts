/** Which tokens end a text or a turn, and which only look like text but steer the model. */

import type { AddedToken } from "./source.js";

/** Ends that files forget to declare, by the names they have in published models. */
const knownEnds = [
  "<|endoftext|>",
  "<|im_end|>",
  "<|end_of_text|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end|>",
  "</s>",
  "<end_of_turn>",
  "<eos>",
  "<turn|>",
  "<|EOT|>",
  "<EOT>",
  "<|return|>",
  "<|call|>",
  "<|END_OF_TURN_TOKEN|>",
  "<｜end▁of▁sentence｜>",
  "<end_of_utterance>",
];

/** Ids that end generation: the declared ones first, in their order. */
export function endIds(declared: readonly (number | undefined)[], added: readonly AddedToken[]): number[] {
  const ids = new Map(added.filter(steers).map(({ text, id }) => [text, id]));
  // gpt-oss ends each of its messages with <|end|>, and its turn with <|return|> or <|call|>.
  const known = knownEnds.filter((text) => text !== "<|end|>" || !ids.has("<|return|>"));
  return [...new Set([...declared, ...known.map((text) => ids.get(text))])].filter((id) => id !== undefined);
}

/** <|User|> and its like are plain words in many files, but no user may forge a turn. Gemma's </s> is HTML, and a word. */
const marker = /^<[|｜].*[|｜]>$/su;

/** Whether a token is more than text, and a user must not write it in a conversation. */
export const steers = ({ text, control }: AddedToken): boolean => control || marker.test(text);

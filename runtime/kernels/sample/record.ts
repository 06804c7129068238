/** i32 indices within a sequence's state, 16 bytes apart so that each may be loaded as an aligned pointer. */
export const STATE = { position: 0, token: 4, step: 8, length: 12 } as const;

/**
 * i32 indices within a sequence's record, for kernels that know a sequence by its address. It begins with its state; behind that are what chooses its
 * tokens, f32 [inverse temperature, topP, log of minP] and i32 [topK, seed]; i64, the record's own address, which so is a table of one record, and that of
 * its shaping, 0 where it has none; and its ring of latest tokens.
 */
export const RECORD = { chances: STATE.length, choices: 16, own: 20, shaping: 22, ring: 24 } as const;

/**
 * i32 indices within what a sequence's logits are shaped by, for a vocabulary of `count` tokens. First f32 [repetition, its inverse, presence, frequency];
 * then what is to be told of each chosen token: 0 for nothing, 1 for its log probability, n + 1 for those of the n likeliest tokens too. From `tally` on,
 * each with something for every token: i32, twice how often it has come in the answer, and 1 more where it is in the prompt; f32, what is added to its
 * logit; and a bit, in words of 32, set where it may come.
 */
export const SHAPING = { penalties: 0, told: 4, tally: 16 } as const;

/** Words of a shaping. */
export const shapingWords = (count: number): number => SHAPING.tally + 2 * count + Math.ceil(count / 32);

/** Most tokens whose log probabilities are told beside the chosen one's, and the elements that a step has for them. */
export const MOST_TOLD = 20;
export const TOLD_ROW = 24;

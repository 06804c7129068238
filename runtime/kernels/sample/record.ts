/** i32 indices within a sequence's state, 16 bytes apart so that each may be loaded as an aligned pointer. */
export const STATE = { position: 0, token: 4, step: 8, length: 12 } as const;

/**
 * i32 indices within a sequence's record, for kernels that know a sequence by its address. It begins with its state; behind that are what chooses its
 * tokens, f32 [inverse temperature, topP] and i32 [topK, seed], and its ring of latest tokens.
 */
export const RECORD = { chances: STATE.length, choices: 16, ring: 20 } as const;

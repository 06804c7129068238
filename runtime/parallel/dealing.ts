/*
 * How the tokens of one sequence are dealt to ranks: block b of `block` tokens is rank b mod ranks'. What a rank owns lies one block behind the other, at
 * slots. kernels/parallel/dealt.ts says the same to kernels.
 */

/** Tokens in turns: so many at a time, to so many ranks. */
export interface Dealing {
  readonly ranks: number;
  /** Tokens of a block, a whole number of at least 1. */
  readonly block: number;
}

/** The rank that owns the token at a position. */
export const ownerOf = ({ ranks, block }: Dealing, position: number): number => Math.floor(position / block) % ranks;

/** Where its owner has the token at a position. */
export const slotOf = ({ ranks, block }: Dealing, position: number): number =>
  Math.floor(position / (block * ranks)) * block + (position % block);

/** The position of the token that a rank has at a slot. */
export const positionOf = ({ ranks, block }: Dealing, rank: number, slot: number): number =>
  (Math.floor(slot / block) * ranks + rank) * block + (slot % block);

/** How many of the tokens before a position a rank owns: the slot that the next of its tokens from there on has. */
export function slotsBefore({ ranks, block }: Dealing, rank: number, position: number): number {
  const round = block * ranks;
  const rest = (position % round) - rank * block;
  return Math.floor(position / round) * block + Math.min(Math.max(rest, 0), block);
}

/** Slots that every rank has, whichever owns the last of `tokens` tokens: whole blocks. */
export const slotsFor = ({ ranks, block }: Dealing, tokens: number): number =>
  Math.ceil(tokens / (block * ranks)) * block;

import { floorDiv, maximum, minimum, mod } from "tilescript";

/*
 * Where dealt tokens are: parallel/dealing.ts for kernels. Block b of `block` tokens is rank b mod ranks'; what a rank owns lies at slots, one block
 * behind the other.
 */

export interface Dealing {
  rank: number;
  ranks: number;
  block: number;
}

/** How many of the tokens before a position, which may be below 0, the rank owns. */
export function slotsBefore(p: Dealing, position: number) {
  const before = maximum(position, 0);
  const round = p.block * p.ranks;
  const rest = mod(before, round) - p.rank * p.block;
  return floorDiv(before, round) * p.block + minimum(maximum(rest, 0), p.block);
}

/** The position of the token that the rank has at a slot. */
export function positionOf(p: Dealing, slot: number) {
  return (floorDiv(slot, p.block) * p.ranks + p.rank) * p.block + mod(slot, p.block);
}

/** The rank that owns the token at a position, and where it has it. */
export function placeOf(p: Dealing, position: number): [number, number] {
  const block = floorDiv(position, p.block);
  return [mod(block, p.ranks), floorDiv(block, p.ranks) * p.block + mod(position, p.block)];
}

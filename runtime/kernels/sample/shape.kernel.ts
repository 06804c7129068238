import {
  arange,
  type Const,
  floorDiv,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  store,
  type Tile,
  to,
  toPointer,
  where,
} from "tilescript";
import { RECORD, SHAPING, STATE } from "./record.js";

/** The address of a sequence's shaping; 0 where it has none. */
export const shapingOf = (record: number) => load(toPointer(record, "i64") + floorDiv(RECORD.shaping, 2));

/**
 * Logits of the tokens `index` of `count` as the sequence's shaping has them. Those that are in its prompt or its answer are divided by the repetition
 * penalty where they are positive, and multiplied with it where not (arXiv 1909.05858, section 4.1; negative ones as transformers has it). Then what is
 * added to each is, and of those in the answer the presence penalty is taken off, and the frequency penalty for each time. −∞ where it may not come.
 */
function shapedBy(shaping: number, state: Ptr<"i32">, logit: Tile, index: Tile, count: number) {
  const mask = index < count;
  const numbers = toPointer(shaping, "f32");
  const tallies = toPointer(shaping, "i32") + SHAPING.tally;
  const [repetition, inverse] = [load(numbers), load(numbers + 1)];
  const [presence, frequency] = [load(numbers + 2), load(numbers + 3)];
  // The token that was picked last is counted here, by the program that has it.
  const latest = index === load(state + STATE.token) && load(state + STATE.step) > 0;
  const tally = load(tallies + index, { mask, other: 0 }) + where(latest, 2, 0);
  store(tallies + index, tally, { mask: mask && latest });
  const times = to(tally >> 1, "f32");
  const repeated = where(logit > 0, logit * inverse, logit * repetition);
  const penalty = where(times > 0, presence, 0) + frequency * times;
  const added = load(numbers + SHAPING.tally + count + index, { mask, other: 0 });
  const word = load(tallies + 2 * count + (index >> 5), { mask, other: 0 });
  const shaped = where(tally > 0, repeated, logit) + added - penalty;
  return where(((word >> (index & 31)) & 1) === 1, shaped, -Infinity);
}

/**
 * Logits f32 [rows, count] as each row's sequence asks for them, into `shaped`; those of a sequence without a shaping as they are. `records` i64 [rows] has
 * the addresses of the sequences' records, 0 where there is none. Counts the token that was picked last. Program (block, row).
 */
export const shapeLogits = kernel(
  (p: { logits: Ptr<"f32">; records: Ptr<"i64">; shaped: Ptr<"f32">; count: Int; BLOCK: Const<"BLOCK"> }) => {
    const slot = programId(1);
    const address = load(p.records + slot);
    if (address !== 0) {
      const index = programId(0) * p.BLOCK + arange(0, p.BLOCK);
      const mask = index < p.count;
      const cell = to(slot, "i64") * p.count + index;
      let logit = load(p.logits + cell, { mask, other: -Infinity });
      const shaping = shapingOf(address);
      if (shaping !== 0) logit = shapedBy(shaping, toPointer(address, "i32"), logit, index, p.count);
      store(p.shaped + cell, logit, { mask });
    }
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

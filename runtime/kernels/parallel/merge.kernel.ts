import {
  arange,
  atomicAdd,
  type Const,
  floorDiv,
  type Int,
  kernel,
  load,
  mod,
  type Ptr,
  programId,
  store,
  to,
  where,
} from "tilescript";
import { placeAmong } from "../reattention/best.js";

/**
 * Picks of all ranks' candidates (candidates.ts), program (row): the largest scores, of equal ones the lower position, as one GPU orders them. The lists
 * of ranks begin `room` words of 64 bits behind each other: scores [rows, topK], and behind them positions. Gives picks [rows, topK] and adds votes to
 * `counts` [chunks, countRow], of `chunkRows` rows each.
 */
export const mergeCandidates = kernel(
  (p: {
    scores: Ptr<"f64">;
    positions: Ptr<"i32">;
    picks: Ptr<"i32">;
    counts: Ptr<"i32">;
    countRow: Int;
    chunkRows: Int;
    rows: Int;
    room: Int;
    topK: Int;
    ranks: Int;
    /** A power of two that holds ranks · topK. */
    MP: Const<"MP">;
  }) => {
    const line = programId(0);
    const entry = arange(0, p.MP);
    const rank = floorDiv(entry, p.topK);
    const there = rank < p.ranks;
    const at = line * p.topK + mod(entry, p.topK);
    const score = load(p.scores + rank * p.room + at, { mask: there, other: -Infinity });
    const position = load(p.positions + 2 * (rank * p.room + p.rows * p.topK) + at, { mask: there, other: -1 });
    const some = position >= 0;
    const tie = where(some, position, 2147483647 - p.MP + entry);
    const place = placeAmong(where(some, score, -Infinity), tie);
    const picked = place < p.topK;
    store(p.picks + line * p.topK + place, position, { mask: picked });
    const counts = p.counts + to(floorDiv(line, p.chunkRows), "i64") * p.countRow;
    atomicAdd(counts + position, 1, { mask: picked && some, sem: "relaxed" });
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

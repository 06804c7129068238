import {
  arange,
  atomicExchange,
  type Const,
  col,
  cumsum,
  debugBarrier,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  maximum,
  minimum,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  to,
  where,
  zeros,
} from "tilescript";
import { middleLength } from "./reattention-middle.js";
import { mostVoted } from "./reattention-most.js";
import { REATTENTION_GPU } from "./reattention-tiles.js";

/*
 * Votes. Picking adds to a count per position; here every position that was picked is claimed once by exchanging its count for zero, which
 * also cleans up, so nothing ever reads the whole middle. The best of a tile of claims can be anywhere, but the best of all
 * are among the best of each tile: `reattentionNarrow` keeps those, `reattentionChoose` makes the window of the rest.
 */

/**
 * The `clip` best of each N picks (CLAIM) or of each N positions with votes: positions and votes [programs, CP], votes 0 for none.
 * `counts` is the count per position of the middle.
 */
export const reattentionNarrow = kernel(
  ({
    positions,
    votes,
    counts,
    outPositions,
    outVotes,
    length,
    clip,
    N,
    CP,
    CLAIM,
  }: {
    positions: Ptr<"i32">;
    votes: Ptr<"i32">;
    counts: Ptr<"i32">;
    outPositions: Ptr<"i32">;
    outVotes: Ptr<"i32">;
    /** Of `positions`. */
    length: Int;
    clip: Int;
    N: Const<"N">;
    /** A power of two of at least `clip`. */
    CP: Const<"CP">;
    CLAIM: Const<"CLAIM", boolean>;
  }) => {
    gdcWait();
    gdcLaunchDependents();
    const index = programId(0) * N + arange(0, N);
    const position = load(positions + index, { mask: index < length, other: -1 });
    let found = zeros([N], "i32");
    if (CLAIM) {
      const there = position >= 0;
      found = where(there, atomicExchange(counts + position, 0, { mask: there, sem: "relaxed" }), 0);
    } else found = load(votes + index, { mask: index < length, other: 0 });
    const kept = mostVoted(position, found, clip);
    const place = programId(0) * CP + cumsum(to(kept, "i32"), 0) - 1;
    store(outPositions + place, position, { mask: kept });
    store(outVotes + place, found, { mask: kept });
    const rest = arange(0, CP);
    store(outVotes + programId(0) * CP + rest, 0, { mask: rest >= sum(to(kept, "i32"), 0) });
  },
  {
    builds: REATTENTION_GPU.votes.flatMap(({ N, CP }) =>
      [true, false].map((CLAIM) => ({
        constants: { N, CP, CLAIM },
        warps: 8,
        stages: 1,
        pdl: true,
        alignment: "required" as const,
        divisible: ["positions", "votes", "counts", "outPositions", "outVotes"] as const,
      })),
    ),
  },
);

/**
 * The window of a chunk: the `clip` best of `length` positions with votes, or of as many picks (CLAIM), their spans within the middle,
 * merged and in order. Gives `kept` [CP], ascending; `selected`, the cache positions of the spans; and `window`, i32: [0] the number of
 * selected positions, [4] the window's last index, [8] the number kept. The cache holds load(position) + added tokens. One program.
 */
export const reattentionChoose = kernel(
  ({
    positions,
    votes,
    counts,
    position,
    unordered,
    kept,
    selected,
    window,
    length,
    added,
    global,
    local,
    span,
    clip,
    N,
    CP,
    W,
    CLAIM,
  }: {
    positions: Ptr<"i32">;
    votes: Ptr<"i32">;
    counts: Ptr<"i32">;
    position: Ptr<"i32">;
    /** Scratch [CP]. */
    unordered: Ptr<"i32">;
    kept: Ptr<"i32">;
    selected: Ptr<"i32">;
    window: Ptr<"i32">;
    length: Int;
    added: Int;
    global: Int;
    local: Int;
    span: Int;
    clip: Int;
    N: Const<"N">;
    CP: Const<"CP">;
    W: Const<"W">;
    CLAIM: Const<"CLAIM", boolean>;
  }) => {
    const index = arange(0, N);
    gdcWait();
    gdcLaunchDependents();
    const total = load(position) + added;
    const middle = middleLength(total, global, local);
    const candidate = load(positions + index, { mask: index < length, other: -1 });
    let found = zeros([N], "i32");
    if (CLAIM) {
      const there = candidate >= 0;
      found = where(there, atomicExchange(counts + candidate, 0, { mask: there, sem: "relaxed" }), 0);
    } else found = load(votes + index, { mask: index < length, other: 0 });
    const stays = mostVoted(candidate, found, clip);
    const count = sum(to(stays, "i32"), 0);
    store(unordered + cumsum(to(stays, "i32"), 0) - 1, candidate, { mask: stays });
    debugBarrier();

    // Ascending: a position's place is the number of lower ones.
    const slot = arange(0, CP);
    const own = load(unordered + slot, { mask: slot < count, other: 0 });
    let place = zeros([CP], "i32");
    for (const from of range(0, count, W)) {
      const other = from + arange(0, W);
      const lower = row(load(unordered + other, { mask: other < count, other: 2147483647 })) < col(own);
      place += sum(to(lower, "i32"), 1);
    }
    store(kept + place, own, { mask: slot < count });
    debugBarrier();

    // Spans are equally long, so their ends ascend too, and each brings what lies behind the end of the one before.
    const there = slot < count;
    const first = load(kept + slot, { mask: there, other: 0 }) - (span >> 1);
    const before = load(kept + slot - 1, { mask: there && slot > 0, other: 0 }) - (span >> 1);
    const end = minimum(first + span, middle);
    const start = maximum(first, where(slot > 0, minimum(before + span, middle), 0));
    const size = where(there, maximum(end - start, 0), 0);
    const offset = cumsum(size, 0) - size;
    for (const step of range(span))
      store(selected + offset + step, global + start + step, { mask: there && step < size });
    const sum_ = sum(size, 0);
    store(window, sum_);
    store(window + 4, total - middle + sum_ - 1);
    store(window + 8, count);
  },
  {
    builds: REATTENTION_GPU.votes.flatMap((tiles) =>
      [true, false].map((CLAIM) => ({
        constants: { ...tiles, CLAIM },
        warps: 8,
        stages: 1,
        pdl: true,
        alignment: "required" as const,
        divisible: ["positions", "votes", "counts", "position", "unordered", "kept", "selected", "window"] as const,
      })),
    ),
  },
);

import {
  arange,
  atomicExchange,
  type Const,
  cumsum,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  type Mask,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  store,
  sum,
  type Tile,
  to,
  where,
} from "tilescript";
import { chooseWindow } from "./choose.js";
import { mostVoted } from "./most.js";

/*
 * Votes. Picking adds to a count per position; here every position that was picked is claimed once by exchanging its count for zero, which
 * also cleans up, so nothing ever reads the whole middle. The best of a tile of claims can be anywhere, but the best of all
 * are among the best of each tile: `reattentionNarrow` keeps those, `reattentionChoose` makes the window of the rest. Chunks of a prompt
 * vote apart, all at once.
 */

/** Votes of a chunk's positions, 0 for none: as they were counted, where nobody has claimed them yet (CLAIM), or as they were left. */
function votesFor(
  p: { votes: Ptr<"i32">; counts: Ptr<"i32">; positionRow: number; countRow: number; CLAIM: boolean },
  chunk: number,
  index: Tile,
  mask: Mask,
  position: Tile,
): Tile {
  if (p.CLAIM) {
    const [there, count] = [position >= 0, p.counts + to(chunk, "i64") * p.countRow + position];
    return where(there, atomicExchange(count, 0, { mask: there, sem: "relaxed" }), 0);
  } else return load(p.votes + chunk * p.positionRow + index, { mask, other: 0 });
}

/**
 * The `clip` best of each N picks (CLAIM) or of each N positions with votes: positions and votes [chunks, programs, CP], votes 0 for none.
 * `counts` [chunks, countRow] is the count per position of the middle. Program (N positions, chunk).
 */
export const reattentionNarrow = kernel(
  (p: {
    positions: Ptr<"i32">;
    votes: Ptr<"i32">;
    counts: Ptr<"i32">;
    outPositions: Ptr<"i32">;
    outVotes: Ptr<"i32">;
    /** Positions of a chunk, and of the last. */
    length: Int;
    tail: Int;
    positionRow: Int;
    countRow: Int;
    clip: Int;
    N: Const<"N">;
    /** A power of two of at least `clip`. */
    CP: Const<"CP">;
    CLAIM: Const<"CLAIM", boolean>;
  }) => {
    gdcWait();
    gdcLaunchDependents();
    const chunk = programId(1);
    const index = programId(0) * p.N + arange(0, p.N);
    const mask = index < (chunk === numPrograms(1) - 1 ? p.tail : p.length);
    const position = load(p.positions + chunk * p.positionRow + index, { mask, other: -1 });
    const found = votesFor(p, chunk, index, mask, position);
    const kept = mostVoted(position, found, p.clip);
    const from = (chunk * numPrograms(0) + programId(0)) * p.CP;
    const place = from + cumsum(to(kept, "i32"), 0) - 1;
    store(p.outPositions + place, position, { mask: kept });
    store(p.outVotes + place, found, { mask: kept });
    const rest = arange(0, p.CP);
    const none = rest >= sum(to(kept, "i32"), 0);
    store(p.outPositions + from + rest, -1, { mask: none });
    store(p.outVotes + from + rest, 0, { mask: none });
  },
  { defaults: { warps: 8, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * The window of each chunk: the `clip` best of `length` positions with votes, or of as many picks (CLAIM), their spans within the middle,
 * merged and in order. Gives `kept` [chunks, CP], ascending; `selected` [chunks, clip · span], the cache positions of the spans; and `window`
 * i32 [chunks, 16]: [0] the number of selected positions, [4] the window's last index, [8] the number kept. The cache holds
 * load(position) tokens before the queries; a chunk's window ends with its last query. Program (chunk).
 */
export const reattentionChoose = kernel(
  (p: {
    positions: Ptr<"i32">;
    votes: Ptr<"i32">;
    counts: Ptr<"i32">;
    position: Ptr<"i32">;
    /** Scratch [chunks, CP]. */
    unordered: Ptr<"i32">;
    kept: Ptr<"i32">;
    selected: Ptr<"i32">;
    window: Ptr<"i32">;
    length: Int;
    tail: Int;
    positionRow: Int;
    countRow: Int;
    queries: Int;
    chunk: Int;
    global: Int;
    local: Int;
    span: Int;
    clip: Int;
    N: Const<"N">;
    CP: Const<"CP">;
    W: Const<"W">;
    CLAIM: Const<"CLAIM", boolean>;
  }) => {
    const index = arange(0, p.N);
    const turn = programId(0);
    gdcWait();
    gdcLaunchDependents();
    const total = load(p.position) + minimum((turn + 1) * p.chunk, p.queries);
    const mask = index < (turn === numPrograms(0) - 1 ? p.tail : p.length);
    const candidate = load(p.positions + turn * p.positionRow + index, { mask, other: -1 });
    const found = votesFor(p, turn, index, mask, candidate);
    const [unordered, kept] = [p.unordered + turn * p.CP, p.kept + turn * p.CP];
    const [selected, window] = [p.selected + turn * p.clip * p.span, p.window + turn * 16];
    chooseWindow({ ...p, unordered, kept, selected, window }, candidate, found, total);
  },
  { defaults: { warps: 8, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

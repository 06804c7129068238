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
  minimum,
  numPrograms,
  type Ptr,
  programId,
  store,
  sum,
  to,
  where,
  zeros,
} from "tilescript";
import { chooseWindow } from "./reattention-choose.js";
import { mostVoted } from "./reattention-most.js";

/*
 * Votes. Picking adds to a count per position; here every position that was picked is claimed once by exchanging its count for zero, which
 * also cleans up, so nothing ever reads the whole middle. The best of a tile of claims can be anywhere, but the best of all
 * are among the best of each tile: `reattentionNarrow` keeps those, `reattentionChoose` makes the window of the rest. Chunks of a prompt
 * vote apart, all at once.
 */

/**
 * The `clip` best of each N picks (CLAIM) or of each N positions with votes: positions and votes [chunks, programs, CP], votes 0 for none.
 * `counts` [chunks, countRow] is the count per position of the middle. Program (N positions, chunk).
 */
export const reattentionNarrow = kernel(
  ({
    positions,
    votes,
    counts,
    outPositions,
    outVotes,
    length,
    tail,
    positionRow,
    countRow,
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
    const index = programId(0) * N + arange(0, N);
    const mask = index < (chunk === numPrograms(1) - 1 ? tail : length);
    const position = load(positions + chunk * positionRow + index, { mask, other: -1 });
    let found = zeros([N], "i32");
    if (CLAIM) {
      const [there, count] = [position >= 0, counts + to(chunk, "i64") * countRow + position];
      found = where(there, atomicExchange(count, 0, { mask: there, sem: "relaxed" }), 0);
    } else found = load(votes + chunk * positionRow + index, { mask, other: 0 });
    const kept = mostVoted(position, found, clip);
    const from = (chunk * numPrograms(0) + programId(0)) * CP;
    const place = from + cumsum(to(kept, "i32"), 0) - 1;
    store(outPositions + place, position, { mask: kept });
    store(outVotes + place, found, { mask: kept });
    const rest = arange(0, CP);
    const none = rest >= sum(to(kept, "i32"), 0);
    store(outPositions + from + rest, -1, { mask: none });
    store(outVotes + from + rest, 0, { mask: none });
  },
  {
    defaults: {
      warps: 8,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["positions", "votes", "counts", "outPositions", "outVotes"],
    },
  },
);

/**
 * The window of each chunk: the `clip` best of `length` positions with votes, or of as many picks (CLAIM), their spans within the middle,
 * merged and in order. Gives `kept` [chunks, CP], ascending; `selected` [chunks, clip · span], the cache positions of the spans; and `window`
 * i32 [chunks, 16]: [0] the number of selected positions, [4] the window's last index, [8] the number kept. The cache holds
 * load(position) tokens before the queries; a chunk's window ends with its last query. Program (chunk).
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
    tail,
    positionRow,
    countRow,
    queries,
    chunk,
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
    const index = arange(0, N);
    const turn = programId(0);
    gdcWait();
    gdcLaunchDependents();
    const total = load(position) + minimum((turn + 1) * chunk, queries);
    const mask = index < (turn === numPrograms(0) - 1 ? tail : length);
    const candidate = load(positions + turn * positionRow + index, { mask, other: -1 });
    let found = zeros([N], "i32");
    if (CLAIM) {
      const [there, votesOf] = [candidate >= 0, counts + to(turn, "i64") * countRow + candidate];
      found = where(there, atomicExchange(votesOf, 0, { mask: there, sem: "relaxed" }), 0);
    } else found = load(votes + turn * positionRow + index, { mask, other: 0 });
    const [mine, keptMine] = [unordered + turn * CP, kept + turn * CP];
    const [selectedMine, windowMine] = [selected + turn * clip * span, window + turn * 16];
    chooseWindow(candidate, found, total, global, local, span, clip, mine, keptMine, selectedMine, windowMine, CP, W);
  },
  {
    defaults: {
      warps: 8,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["positions", "votes", "counts", "position", "unordered", "kept", "selected", "window"],
    },
  },
);

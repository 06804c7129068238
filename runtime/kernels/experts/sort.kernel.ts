import {
  arange,
  type Const,
  cdiv,
  cumsum,
  type Int,
  kernel,
  load,
  numPrograms,
  type Ptr,
  programId,
  range,
  store,
  sum,
  to,
  zeros,
} from "tilescript";

/*
 * Pairs (token, slot) of a chunk of a prompt, put in order by expert so that each expert multiplies rows that lie together. Pair p is slot
 * p mod used of token p / used. A stable counting sort: what comes out depends on nothing but the choice.
 */

/**
 * order [count]: the pairs of expert 0, then of expert 1 …, each ascending; starts [experts + 1]: where those of an expert begin, and behind the
 * last. Every program reads all pairs, twice, and places those of its expert. Program (expert).
 */
export const sortByExpert = kernel(
  (p: { chosen: Ptr<"i32">; order: Ptr<"i32">; starts: Ptr<"i32">; count: Int; BLOCK: Const<"BLOCK"> }) => {
    const expert = programId(0);
    const index = arange(0, p.BLOCK);
    let lower = zeros([p.BLOCK], "i32");
    for (const start of range(0, p.count, p.BLOCK)) {
      const pair = start + index;
      lower += to(load(p.chosen + pair, { mask: pair < p.count, other: 2147483647 }) < expert, "i32");
    }
    let next = sum(lower, 0);
    if (expert === 0) store(p.starts, 0);
    for (const start of range(0, p.count, p.BLOCK)) {
      const pair = start + index;
      const mine = load(p.chosen + pair, { mask: pair < p.count, other: 2147483647 }) === expert;
      const ones = to(mine, "i32");
      store(p.order + (next + cumsum(ones, 0) - 1), pair, { mask: mine });
      next += sum(ones, 0);
    }
    store(p.starts + expert + 1, next);
  },
  { defaults: { warps: 8, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

/**
 * Cuts each expert's pairs into tiles of BM: the expert of each of `tiles` tiles, and its first place in the order; −1 in tiles that are too
 * many. Only the device knows how many there are, so products are launched for as many as there may be. Program (expert).
 */
export const tileByExpert = kernel(
  (p: {
    starts: Ptr<"i32">;
    tileExpert: Ptr<"i32">;
    tileFirst: Ptr<"i32">;
    tiles: Int;
    BM: Const<"BM">;
    EP: Const<"EP">;
    BLOCK: Const<"BLOCK">;
  }) => {
    const expert = programId(0);
    const before = arange(0, p.EP);
    const mask = before < expert;
    const counts = load(p.starts + before + 1, { mask, other: 0 }) - load(p.starts + before, { mask, other: 0 });
    const base = sum(cdiv(counts, p.BM), 0);
    const first = load(p.starts + expert);
    const mine = cdiv(load(p.starts + expert + 1) - first, p.BM);
    const index = arange(0, p.BLOCK);
    for (const start of range(0, mine, p.BLOCK)) {
      const tile = start + index;
      store(p.tileExpert + base + tile, expert + 0 * tile, { mask: tile < mine });
      store(p.tileFirst + base + tile, first + tile * p.BM, { mask: tile < mine });
    }
    if (expert === numPrograms(0) - 1) {
      for (const start of range(base + mine, p.tiles, p.BLOCK)) {
        const tile = start + index;
        store(p.tileExpert + tile, 0 * tile - 1, { mask: tile < p.tiles });
      }
    }
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

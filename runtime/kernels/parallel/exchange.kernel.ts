import {
  arange,
  atomicLoad,
  atomicPoll,
  atomicStore,
  type Const,
  cdiv,
  debugBarrier,
  type Int,
  kernel,
  load,
  minimum,
  multipleOf,
  numPrograms,
  type Ptr,
  programId,
  range,
  store,
  to,
  toPointer,
} from "tilescript";
import { ABORTED, LOOK } from "./exchange.js";

/**
 * Every rank's rows to every rank, by memory that all of them reach: a program stores its share of `mine` [words] where each peer looks for it, raises
 * a flag there, waits for the peers' own flags, and copies what they left to `all` [ranks, room], in the order of ranks.
 *
 * `landings` and `flags` are addresses, one a rank: of i32 [2, ranks, room], and of i32 [2, ranks, programs], zero at first. Rounds are counted in
 * `rounds` [programs], and two halves take turns: whoever is a round ahead overwrites nothing that is still read, and cannot be two ahead, since
 * he waits for all in each. So a flag that is waited for holds this round's number or an earlier one.
 *
 * A peer that does not answer in `looks` times LOOK, and `abort`, which the host raises, end the wait: `status` then says who or why
 * (exchange.ts), and from then on nothing is sent and nothing waited for. All programs of a launch need not run at once, if those of lower numbers
 * begin first: each waits for those of its own number alone.
 */
export const exchangeRows = kernel(
  (p: {
    mine: Ptr<"i32">;
    all: Ptr<"i32">;
    landings: Ptr<"i64">;
    flags: Ptr<"i64">;
    rounds: Ptr<"i32">;
    status: Ptr<"i32">;
    abort: Ptr<"i32">;
    words: Int;
    room: Int;
    rank: Int;
    ranks: Int;
    looks: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const program = programId(0);
    const programs = numPrograms(0);
    const round = load(p.rounds + program) + 1;
    const half = (round & 1) * p.ranks;
    const share = cdiv(cdiv(p.words, p.BLOCK), programs) * p.BLOCK;
    const start = program * share;
    const end = minimum(start + share, p.words);
    const lane = arange(0, p.BLOCK);
    let failed = atomicLoad(p.status, { sem: "relaxed", scope: "sys" });
    if (failed === 0) {
      for (const peer of range(p.ranks)) {
        let target = p.all + p.rank * p.room;
        if (peer !== p.rank)
          target = multipleOf(toPointer(load(p.landings + peer), "i32"), 16) + (half + p.rank) * p.room;
        for (const from of range(start, end, p.BLOCK)) {
          const mask = from + lane < end;
          store(target + from + lane, load(p.mine + from + lane, { mask }), { mask });
        }
      }
      // All threads' stores come before the flags that publish them.
      debugBarrier();
      for (const peer of range(p.ranks)) {
        const flag = toPointer(load(p.flags + peer), "i32") + (half + p.rank) * programs + program;
        atomicStore(flag, round, { scope: "sys" });
      }
    }
    for (const peer of range(p.ranks)) {
      const flag = toPointer(load(p.flags + p.rank), "i32") + (half + peer) * programs + program;
      let arrived = 0;
      let looks = 0;
      while (arrived === 0 && failed === 0) {
        arrived = to(atomicPoll(flag, round, { scope: "sys", timeoutNs: LOOK }), "i32");
        if (arrived === 0) {
          looks += 1;
          if (looks >= p.looks) failed = 1 + peer;
          if (atomicLoad(p.abort, { scope: "sys" }) !== 0) failed = ABORTED;
        }
      }
      debugBarrier();
      if (arrived !== 0 && peer !== p.rank) {
        const landed = multipleOf(toPointer(load(p.landings + p.rank), "i32"), 16) + (half + peer) * p.room;
        for (const from of range(start, end, p.BLOCK)) {
          const mask = from + lane < end;
          // Others wrote these: past L1.
          const rows = load(landed + from + lane, { mask, cache: "cg" });
          store(p.all + peer * p.room + from + lane, rows, { mask });
        }
      }
    }
    if (failed !== 0) atomicStore(p.status, failed, { scope: "sys" });
    store(p.rounds + program, round);
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers", "room"] } },
);

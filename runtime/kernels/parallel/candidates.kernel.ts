import {
  arange,
  type Const,
  dtypeOf,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  maximum,
  minimum,
  mod,
  numPrograms,
  type Ptr,
  programId,
  to,
} from "tilescript";
import { attendLocal, type Beside } from "../reattention/beside.js";
import { takeBest } from "../reattention/best.js";
import { type Chunks, tileOf } from "../reattention/chunk-rows.js";
import { middleLength } from "../reattention/middle.js";
import { type FromMaxima, queryOf, type Scoring, type StepPicks } from "../reattention/row.js";
import { SORTED } from "../reattention/tiles.js";
import { type Candidates, candidatesFromMaxima, leaveCandidates } from "./candidates.js";

/**
 * A decode step's candidates, from `reattentionScan` over a rank's own keys: `position` and `local` are that scan's. Further programs than one a row
 * attend to the last `seen` tokens meanwhile, as those beside a decision do (reattention/beside.ts), in the keys and values of all ranks, of which there
 * are load(now) before these.
 */
export const reattentionCandidates = kernel(
  <T extends "f16" | "bf16">(
    p: Omit<StepPicks<T>, "picks" | "counts"> & Candidates & Beside<T> & { whole: Ptr<T>; now: Ptr<"i32">; seen: Int },
  ) => {
    const rows = p.queries * p.G * p.kvHeads;
    if (programId(0) < rows) {
      const line = programId(0);
      const length = middleLength(load(p.position) + p.queries, p.global, p.local);
      // Rounded as the pass over the keys saw it.
      const query = to(queryOf(p, p.q, line, p.queries), dtypeOf(p.keys));
      gdcWait();
      gdcLaunchDependents();
      candidatesFromMaxima(p, query, length, floorDiv(line, p.queries * p.G), line, line);
    } else {
      gdcLaunchDependents();
      const whole = { ...p, keys: p.whole, position: p.now, global: p.skipped, local: p.seen };
      attendLocal(whole, programId(0) - rows, load(p.now) + p.queries);
    }
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "qRow", "partRow"] } },
);

/** Those of a chunk, program (row, chunk), from the lists of `reattentionStream`: as `reattentionPickStreamed`. */
export const reattentionCandidatesStreamed = kernel(
  <T extends "f16" | "bf16">(
    p: {
      q: Ptr<T>;
      keys: Ptr<T>;
      values: Ptr<"f32">;
      blocks: Ptr<"i32">;
      queries: Int;
      chunk: Int;
      qRow: Int;
      global: Int;
      before: Int;
      kvHeads: Int;
      lists: Int;
    } & Scoring &
      Candidates & { LISTS: Const<"LISTS"> },
  ) => {
    const line = programId(0);
    const first = programId(1) * p.chunk;
    const last = minimum(first + p.chunk, p.queries);
    const length = p.before + last;
    const rows = p.G * p.kvHeads;
    if (line < (last - first) * rows) {
      const [entry, from] = [arange(0, p.LISTS), first * rows + line];
      const mask = entry < p.lists;
      const query = queryOf(p, p.q + first * p.qRow, line, last - first);
      const maxima = load(p.values + from * p.lists + entry, { mask, other: -Infinity });
      const block = load(p.blocks + from * p.lists + entry, { mask, other: 0 });
      const [, parts] = takeBest(maxima, block * p.CLASSES + mod(floorDiv(entry, SORTED), p.CLASSES), p.KC, p.topK);
      const head = p.keys + (to(p.global, "i64") * p.kvHeads + floorDiv(line, (last - first) * p.G)) * p.D;
      leaveCandidates(p, query, head, length, p.kvHeads * p.D, parts, from);
    }
  },
  { defaults: { warps: 1, stages: 1, alignment: "required", divisible: ["pointers", "qRow"] } },
);

/** Those of a chunk's rows, from what `reattentionStreamParts` keeps: as `reattentionPickParts`. */
export const reattentionCandidatesParts = kernel(
  <T extends "f16" | "bf16">(
    p: { q: Ptr<T>; firstTile: Int } & Omit<FromMaxima<T>, "picks" | "counts"> & Chunks & Candidates,
  ) => {
    const tile = p.firstTile + floorDiv(programId(0), p.BM);
    const [first, last, rows, kvHead, ofTile] = tileOf(p, programId(1), tile);
    const member = ofTile + mod(programId(0), p.BM);
    if (member < rows) {
      const line = kvHead * rows + member;
      const query = queryOf(p, p.q + first * p.qRow, line, last - first);
      const kept = programId(1) * numPrograms(0) + programId(0);
      const length = maximum(p.before + last, 0);
      candidatesFromMaxima(p, query, length, kvHead, kept, first * p.G * p.kvHeads + line);
    }
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers", "qRow", "partRow"] } },
);

import { dtypeOf, gdcLaunchDependents, gdcWait, kernel, load, programId, to } from "tilescript";
import { middleLength } from "./middle.js";
import { pickRow, queryOf, type StepPicks } from "./row.js";

/** Picks of a decode step, from `reattentionScan`: the best of its supers, of their parts the best, of their keys the best. */
export const reattentionPick = kernel(
  <T extends "f16" | "bf16">(p: StepPicks<T>) => {
    gdcWait();
    gdcLaunchDependents();
    const length = middleLength(load(p.position) + p.queries, p.global, p.local);
    // Rounded as the pass over the keys saw it.
    const query = to(queryOf(p, p.q, programId(0), p.queries), dtypeOf(p.keys));
    pickRow(p, query, length);
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers", "qRow", "partRow"] } },
);

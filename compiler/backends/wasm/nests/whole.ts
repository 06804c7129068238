import { call } from "../encode/instructions.js";
import type { Variable } from "../lanes/variables.js";
import { isAtomic, type OpExpr } from "../ops.js";
import { ExecutorError } from "../unsupported.js";
import { argsort } from "./argsort.js";
import { atomic } from "./atomic.js";
import { dot } from "./dot.js";
import { histogram } from "./histogram.js";
import type { Host } from "./host.js";
import { poll } from "./poll.js";
import { place, reduce } from "./reduce.js";
import { cumulate } from "./scan.js";
import { sort, topk } from "./sort.js";

type Compute = (host: Host, expr: OpExpr, to: Variable | null) => Variable;

const WHOLE: Readonly<Record<string, Compute>> = {
  ...Object.fromEntries(
    "sum max min any all xorSum argmax argmin".split(" ").map((op): [string, Compute] => [op, reduce]),
  ),
  dot,
  globalTimer,
  atomicLoad: atomic,
  atomicPoll: poll,
  cumsum: cumulate("add"),
  cumprod: cumulate("mul"),
  sort,
  argsort,
  topk,
  histogram,
};

function globalTimer(host: Host, _expr: OpExpr, to: Variable | null): Variable {
  const target = to ?? place(host, "i64", []);
  if (target.kind !== "scalar") throw new ExecutorError("a time is one number");
  host.fb.set(target.local, call(host.fb.module.imported("clock", [], "i64")));
  return target;
}

/** Computes an op that needs loops of its own, into `to` or into a temporary. */
export function computeWhole(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const compute = isAtomic(expr) ? atomic : WHOLE[expr.op];
  if (!compute) throw new ExecutorError(`the CPU executor has no op ${expr.op}`, expr.span);
  return compute(host, expr, to);
}

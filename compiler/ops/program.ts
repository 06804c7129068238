import * as problems from "../diagnostics/catalogue/types.js";
import { type Expr, scalar, VOID } from "../ir/index.js";
import type { Call, InferContext, Op } from "./op.js";
import type { PreludeName } from "./prelude.js";
import { call } from "./python.js";

/** Something of the grid that has three axes. */
const gridAxis = (name: string, python: string): Op => ({
  name,
  params: { axis: "integer" },
  infer(source, context) {
    const { axis } = source.attrs;
    if (axis !== 0 && axis !== 1 && axis !== 2)
      return context.fail(problems.axisNumber(source.span, { op: name, axis: Number(axis) }));
    return { kind: "op", op: name, args: {}, attrs: { axis }, type: scalar("i32"), span: source.span };
  },
  emit: (_args, { attrs }) => call(python, [String(attrs.axis)]),
});

/** A call without operands or value. */
const command = (name: string, python: string, needs: readonly PreludeName[] = []): Op => ({
  name,
  needs: () => needs,
  params: {},
  effect: true,
  infer: (source: Call, _context: InferContext): Expr => ({
    kind: "op",
    op: name,
    args: {},
    attrs: {},
    type: VOID,
    span: source.span,
  }),
  emit: () => call(python, []),
});

/** What a build says of each program: known where the constants have values. */
const perProgram = (name: string, python: PreludeName): Op => ({
  name,
  needs: () => [python],
  params: {},
  infer: ({ op, span }) => ({ kind: "op", op, args: {}, attrs: {}, type: scalar("i32"), span }),
  emit: () => ({ ...call(python, []), weak: true }),
});

/** Where the program runs. */
const smid: Op = {
  name: "smid",
  needs: () => ["smid"],
  params: {},
  infer: ({ op, span }) => ({ kind: "op", op, args: {}, attrs: {}, type: scalar("i32"), span }),
  emit: () => call("smid", []),
};

/** Read where it stands, as often as it stands there. */
const globalTimer: Op = {
  name: "globalTimer",
  needs: () => ["globaltimer"],
  params: {},
  effect: true,
  whole: true,
  infer: ({ op, span }) => ({ kind: "op", op, args: {}, attrs: {}, type: scalar("i64"), span }),
  emit: () => call("globaltimer", []),
};

export const PROGRAM: readonly Op[] = [
  gridAxis("programId", "tl.program_id"),
  gridAxis("numPrograms", "tl.num_programs"),
  { ...command("debugBarrier", "tl.debug_barrier"), orders: true },
  perProgram("numWarps", "num_warps"),
  perProgram("numThreads", "num_threads"),
  smid,
  globalTimer,
  command("gdcWait", "gdc_wait", ["gdc_wait"]),
  command("gdcLaunchDependents", "gdc_launch_dependents", ["gdc_launch_dependents"]),
];

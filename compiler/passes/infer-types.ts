import { attempt, type Diagnostic } from "../diagnostics/index.js";
import { Budget, dimName, type Kernel, type Param, pointer, scalar, type Type } from "../ir/index.js";
import { Inference } from "./inference/inference.js";
import { Scope } from "./inference/scope.js";
import { inferBody } from "./inference/statements.js";
import { withoutUnassigned } from "./inference/unassigned.js";

export interface Inferred {
  /** Typed in full where there is no error; with parts of type `unknown` otherwise. */
  readonly kernel: Kernel;
  /** Every problem, in the order of the source. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The type of a kernel parameter inside the kernel. */
export function parameterType(param: Param): Type {
  switch (param.kind) {
    case "pointer":
      return pointer(param.dtype);
    case "scalar":
      return scalar(param.dtype);
    case "const":
      return param.of === "int" || param.of === "bool"
        ? { kind: "const", of: param.of, dim: dimName(param.name) }
        : { kind: "const", of: param.of };
    case "descriptor":
      return { kind: "descriptor", dtype: param.dtype, block: param.block };
  }
}

/**
 * Gives every expression of a draft its type: dtypes with the conversions made explicit, shapes symbolic in `Const` parameters,
 * one instance of each device function for the types it is called with. Reports all problems, not the first.
 * @param work what is left of it for all choices of dtypes and builds of the kernel
 */
export function inferTypes(draft: Kernel, work: Budget = new Budget("work")): Inferred {
  const inference = new Inference(draft, work);
  const scope = new Scope(draft.body, null);
  for (const param of draft.params) scope.declare(param.name, parameterType(param), param.span, { parameter: true });
  const report = (problem: Diagnostic): void => inference.problems.add(problem);
  const body = attempt(draft.span, report, () => withoutUnassigned(inferBody(draft.body, scope, inference))) ?? [];
  const used = [...inference.instances.values()].filter(({ size }) => size === undefined);
  return { kernel: { ...draft, body, functions: used.map(({ fn }) => fn) }, diagnostics: inference.problems.list() };
}

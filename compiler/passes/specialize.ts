import * as problems from "../diagnostics/catalogue/types.js";
import { attempt, type Diagnostic, DiagnosticError } from "../diagnostics/index.js";
import { Budget, type Build, type ConstValue, type Expr, isOptional, type Kernel, type Param } from "../ir/index.js";
import { checkBlock } from "../ops/index.js";
import { pruneBranches } from "./prune-branches.js";
import { Known } from "./specialization/known.js";
import { Specialization } from "./specialization/specialization.js";
import { specializeBody } from "./specialization/statements.js";
import { verify } from "./verify.js";

type ConstParam = Extract<Param, { kind: "const" }>;

/**
 * A typed kernel for one build: numbers in the place of `Const` parameters, known branches taken, known values computed.
 * Nothing in the result is of type `const`: loop bounds and conditions are scalars. A static loop stays a loop unless its variable
 * decides a size. The parameters stay as they are, with the constants' values in `constants`.
 *
 * Throws DiagnosticError where the build lacks a constant, a size is impossible, or a staticAssert does not hold.
 * @param work what is left of it for all choices of dtypes and builds of the kernel
 * @param print takes what the kernel's staticPrints say
 */
export function specialize(
  kernel: Kernel,
  build: Pick<Build, "constants"> & Partial<Pick<Build, "warps">>,
  work: Budget = new Budget("work"),
  print: (note: Diagnostic) => void = () => {},
): Kernel {
  const known = new Known();
  const pass = new Specialization(kernel, known, work, build.warps);
  const constants: Record<string, ConstValue> = {};
  for (const param of kernel.params) {
    const value = build.constants[param.name];
    if (isOptional(param)) {
      known.given.set(param.name, value !== false);
      constants[param.name] = value !== false;
    }
    if (param.kind !== "const") continue;
    if (value === undefined) pass.diagnostics.push(problems.missingConstant(param.span, { name: param.name }));
    else if (!KINDS[param.of].fits(value)) {
      const facts = { name: param.name, value: JSON.stringify(value), want: KINDS[param.of].text };
      pass.diagnostics.push(problems.constantKind(param.span, facts));
    } else known.set(param.name, literalOf(param, value));
    if (value !== undefined) constants[param.name] = value;
  }
  if (pass.diagnostics.length > 0) throw new DiagnosticError(pass.diagnostics);
  const report = (problem: Diagnostic): void => void pass.diagnostics.push(problem);
  const body = attempt(kernel.span, report, () => specializeBody(kernel.body, known, pass)) ?? [];
  pass.notes.forEach(print);
  const fail = (problem: Diagnostic): null => {
    report(problem);
    return null;
  };
  const params = kernel.params.map((param) =>
    param.kind === "descriptor" ? { ...param, block: known.shape(param.block) } : param,
  );
  for (const param of params)
    if (param.kind === "descriptor") checkBlock("a descriptor", param.dtype, param.block, param.span, { fail });
  if (pass.diagnostics.length > 0) throw new DiagnosticError(pass.diagnostics);
  const whole = { ...kernel, params, body, functions: pass.functions, constants };
  return verify(pruneBranches(whole), "specialize");
}

const KINDS: Readonly<
  Record<ConstParam["of"], { readonly text: string; readonly fits: (value: ConstValue) => boolean }>
> = {
  int: { text: "an integer", fits: (value) => Number.isSafeInteger(value) },
  float: { text: "a number", fits: (value) => typeof value === "number" },
  bool: { text: "a boolean", fits: (value) => typeof value === "boolean" },
  string: { text: "text", fits: (value) => typeof value === "string" },
};

function literalOf(param: ConstParam, value: ConstValue): Extract<Expr, { kind: "literal" }> {
  const type =
    param.of === "int"
      ? ({ kind: "const", of: "int", dim: value as number } as const)
      : ({ kind: "const", of: param.of } as const);
  return { kind: "literal", value, type, span: param.span };
}

import { returnsValue } from "../diagnostics/catalogue/frontend.js";
import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import { Budget, type DType, isOptional, type Kernel, LIMITS, type Stmt } from "../ir/index.js";
import { membersOf } from "./bindings.js";
import { type Builds, readBuilds } from "./builds.js";
import { chosenBody, UndecidedConstants, type Values, valuesOf } from "./choices.js";
import { lowerExpression } from "./expressions/index.js";
import { forgetInside } from "./functions/index.js";
import type { KernelDeclaration } from "./kernels.js";
import { symbolOf } from "./names.js";
import {
  type DTypeParameter,
  dtypeParameters,
  type KernelParameters,
  kernelParameters,
  knownOf,
} from "./parameters.js";
import { type KernelScope, Names, Scope, type Variable } from "./scope.js";
import { copyAssigned } from "./statements/copies.js";
import { bindMembers } from "./statements/declarations.js";
import { lowerStatements } from "./statements/index.js";
import type { Static } from "./static/value.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** A kernel as draft IR: one for each choice of dtypes for its type parameters. */
export function lowerKernel(unit: Unit, kernel: KernelDeclaration): readonly Kernel[] {
  const generics = dtypeParameters(unit, kernel.fn);
  if (generics.length < (kernel.fn.typeParameters?.length ?? 0)) return [];
  const choices = generics.reduce((product, { dtypes }) => product * dtypes.length, 1);
  if (choices > LIMITS.choices) {
    unit.report(beyondLimit(unit.span(kernel.fn.typeParameters![0]!), { limit: "choices", got: choices }));
    return [];
  }
  const work = new Budget("work");
  unit.steps = new Budget("steps");
  let read: Builds | null = null;
  return bindings(generics).flatMap((bound): readonly Kernel[] => {
    const dtypes = new Map(generics.map(({ symbol, name }) => [symbol, bound[name]!] as const));
    const parameters = kernelParameters(unit, kernel.fn, kernel.name, dtypes);
    if (parameters === null) return [];
    read ??= parameters.broken.length > 0 ? null : readBuilds(unit, kernel, parameters.params, generics);
    const values = valuesOf(unit, parameters, read?.builds ?? []);
    const lowered = draft(unit, kernel, parameters, values, bound, dtypes, work);
    // With a broken parameter the draft is of no use, but lowering it has found the body's own problems.
    if (read === null || parameters.broken.length > 0) return [];
    const { builds, defaults, tune } = read;
    const mine = builds.filter((build) => sameDtypes(build.dtypes, bound));
    return [{ ...lowered, builds: mine, ...(tune && { tune }), ...(defaults && { defaults }) }];
  });
}

type Bound = Readonly<Record<string, DType>>;

/** Every choice of dtypes; one empty choice for a kernel without type parameters. */
const bindings = (generics: readonly DTypeParameter[]): readonly Bound[] =>
  generics.reduce<readonly Bound[]>(
    (all, { name, dtypes }) => all.flatMap((bound) => dtypes.map((dtype) => ({ ...bound, [name]: dtype }))),
    [{}],
  );

const sameDtypes = (a: Bound, b: Bound): boolean => Object.keys(b).every((name) => a[name] === b[name]);

/** The body is lowered anew, for each of their values, where the front end itself must know more of the constants. */
function draft(
  unit: Unit,
  kernel: KernelDeclaration,
  parameters: KernelParameters,
  values: Values,
  dtypes: Bound,
  bound: ReadonlyMap<ts.Symbol, DType>,
  work: Budget,
): Kernel {
  const { name, fn } = kernel;
  const span = unit.span(kernel.call);
  const chosen = new Set<string>();
  const optional = new Set(parameters.params.filter(isOptional).map((param) => param.name));
  const lowered = (): Pick<Kernel, "body" | "functions"> => {
    const scope = kernelScope(unit, kernel, values, chosen, optional, bound, work);
    const declare = declareParameters(fn.parameters[0], parameters, scope);
    const body = chosenBody({ name, span }, [...chosen], values, optional, (constants) => {
      // What another choice has declared is not there: a variable of it would be taken for one from outside.
      scope.bindings.clear();
      declare(constants);
      forgetInside(fn, scope.kernel);
      return bodyOf(kernel, scope);
    });
    return { body, functions: scope.kernel.order };
  };
  for (;;)
    try {
      const file = unit.nameOf(kernel.call.getSourceFile());
      return { name, file, doc: kernel.doc, span, params: parameters.params, dtypes, ...lowered(), builds: [] };
    } catch (error) {
      if (!(error instanceof UndecidedConstants)) throw error;
      for (const one of error.names) chosen.add(one);
    }
}

function kernelScope(
  unit: Unit,
  { fn, name }: KernelDeclaration,
  values: Values,
  chosen: ReadonlySet<string>,
  optional: ReadonlySet<string>,
  dtypes: ReadonlyMap<ts.Symbol, DType>,
  work: Budget,
): Scope {
  const shared: KernelScope = {
    fn,
    dtypes,
    values,
    chosen,
    optional,
    functions: new Map(),
    needed: new Map(),
    operations: new Map(),
    order: [],
    functionNames: new Names(),
    depth: new Budget("nesting"),
    work,
    active: [],
  };
  shared.functionNames.unique(name);
  return new Scope({ unit, kernel: shared, name, node: fn, isKernel: true, outer: null });
}

/** Gives the parameters their names; what is returned binds them, with the values of the constants that the body is lowered for. */
function declareParameters(
  node: ts.ParameterDeclaration | undefined,
  { params, broken }: KernelParameters,
  scope: Scope,
): (chosen: ReadonlyMap<string, Static>) => void {
  if (node === undefined) return () => {};
  const irNames = new Map(
    [...params.map(({ name }) => name), ...broken].map((name) => [name, scope.names.unique(name)]),
  );
  return (chosen) => {
    const known = [
      ...params.map((param) => [param.name, knownOf(param, chosen)] as const),
      ...broken.map((name) => [name, { mutable: false, fixed: null, broken: true }] as const),
    ];
    const fields = new Map(
      known.map(([name, facts]): [string, Variable] => {
        return [name, { kind: "variable", ...facts, name: irNames.get(name)!, owner: scope }];
      }),
    );
    const parameters = membersOf(fields);
    if (ts.isIdentifier(node.name)) {
      const symbol = symbolOf(scope.unit, node.name);
      if (symbol !== null) scope.bindings.set(symbol, parameters);
    } else bindMembers(node.name, parameters, scope);
  };
}

function bodyOf({ fn, name }: KernelDeclaration, scope: Scope): readonly Stmt[] {
  const body = fn.body;
  if (body === undefined) return [];
  if (ts.isBlock(body)) return [...copyAssigned(body, scope), ...lowerStatements(body.statements, scope)];
  const span = scope.unit.span(body);
  if (!ts.isCallExpression(body)) scope.unit.report(returnsValue(span, { kernel: name }));
  return [{ kind: "effect", value: lowerExpression(body, scope), span }];
}

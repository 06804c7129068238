import { returnsValue } from "../diagnostics/catalogue/frontend.js";
import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import { Budget, type DType, type Kernel, LIMITS, type Stmt } from "../ir/index.js";
import { type Builds, readBuilds } from "./builds.js";
import { lowerExpression } from "./expressions/index.js";
import type { KernelDeclaration } from "./kernels.js";
import { symbolOf } from "./names.js";
import {
  type DTypeParameter,
  dtypeParameters,
  type KernelParameters,
  kernelParameters,
  knownOf,
} from "./parameters.js";
import { type KernelScope, type Members, Names, Scope, type Variable } from "./scope.js";
import { copyAssigned } from "./statements/copies.js";
import { bindMembers } from "./statements/declarations.js";
import { lowerStatements } from "./statements/index.js";
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
    const lowered = draft(unit, kernel, parameters, bound, dtypes, work);
    // With a broken parameter the draft is of no use, but lowering it has found the body's own problems.
    if (parameters.broken.length > 0) return [];
    read ??= readBuilds(unit, kernel, parameters.params, generics);
    const { builds, defaults } = read;
    const mine = builds.filter((build) => sameDtypes(build.dtypes, bound));
    return [{ ...lowered, builds: mine, ...(defaults && { defaults }) }];
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

function draft(
  unit: Unit,
  kernel: KernelDeclaration,
  parameters: KernelParameters,
  dtypes: Bound,
  bound: ReadonlyMap<ts.Symbol, DType>,
  work: Budget,
): Kernel {
  const { fn, name } = kernel;
  const shared: KernelScope = {
    fn,
    dtypes: bound,
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
  const scope = new Scope({ unit, kernel: shared, name, node: fn, isKernel: true, outer: null });
  declareParameters(fn.parameters[0], parameters, scope);
  const body = bodyOf(kernel, scope);
  return {
    name,
    file: unit.nameOf(kernel.call.getSourceFile()),
    doc: kernel.doc,
    span: unit.span(kernel.call),
    params: parameters.params,
    dtypes,
    body,
    functions: shared.order,
    builds: [],
  };
}

function declareParameters(
  node: ts.ParameterDeclaration | undefined,
  { params, broken }: KernelParameters,
  scope: Scope,
): void {
  if (node === undefined) return;
  const known = [
    ...params.map((param) => [param.name, knownOf(param)] as const),
    ...broken.map((name) => [name, { mutable: false, fixed: null, broken: true }] as const),
  ];
  const fields = new Map(
    known.map(([name, facts]): [string, Variable] => {
      return [name, { kind: "variable", ...facts, name: scope.names.unique(name), owner: scope }];
    }),
  );
  const names = [...fields.keys()];
  const parameters: Members = { kind: "members", names, field: (name) => fields.get(name) ?? null };
  if (ts.isIdentifier(node.name)) {
    const symbol = symbolOf(scope.unit, node.name);
    if (symbol !== null) scope.bindings.set(symbol, parameters);
  } else bindMembers(node.name, parameters, scope);
}

function bodyOf({ fn, name }: KernelDeclaration, scope: Scope): readonly Stmt[] {
  const body = fn.body;
  if (body === undefined) return [];
  if (ts.isBlock(body)) return [...copyAssigned(body, scope), ...lowerStatements(body.statements, scope)];
  const span = scope.unit.span(body);
  if (!ts.isCallExpression(body)) scope.unit.report(returnsValue(span, { kernel: name }));
  return [{ kind: "effect", value: lowerExpression(body, scope), span }];
}

import { notStatic } from "../diagnostics/catalogue/frontend.js";
import { type Dim, DTYPES, type DType, dimName, isDType } from "../ir/index.js";
import { UndecidedConstants } from "./choices.js";
import { decidedByGiven } from "./given.js";
import { resolveCallee, symbolOf, unwrapped } from "./names.js";
import { type Binding, decidedBy, type Scope, type Variable } from "./scope.js";
import { Evaluator } from "./static/evaluate.js";
import { int, isConstant, type Static, symbolicOf } from "./static/value.js";
import { ts } from "./typescript.mjs";

/** The value of an expression of a kernel where the frontend itself can compute it. */
export function fixedValue(node: ts.Expression, scope: Scope): Static | null {
  return evaluator(scope, ({ fixed }) => fixed).evaluate(node);
}

/**
 * Says that the front end itself must know an expression. Where Const parameters decide it whose values can be listed, the lowering begins
 * anew for each of them; other Const parameters are returned.
 */
export function decide(node: ts.Expression, scope: Scope): readonly string[] {
  const { values, chosen } = scope.kernel;
  const names = openConstants(node, scope).filter((name) => !chosen.has(name));
  const open = names.filter((name) => values.has(name));
  if (open.length > 0) throw new UndecidedConstants(open);
  return names;
}

/** The Const parameters that an expression is seen to depend on, without values of their own. */
export function openConstants(node: ts.Expression, scope: Scope): readonly string[] {
  const names = new Set<string>();
  const known = (variable: Variable): Static | null => {
    if (variable.fixed === null || !isConstant(variable.fixed)) for (const name of decidedBy(variable)) names.add(name);
    return variable.fixed;
  };
  evaluator(scope, known).evaluate(node);
  return [...names];
}

/**
 * A condition that constants decide which the function being lowered is made for: the other side may make no sense for them. Null for every
 * other one.
 */
export function decidedHere(node: ts.Expression, scope: Scope): boolean | null {
  let asked = false;
  const known = ({ fixed, decidedBy: names, absent }: Variable): Static | null => {
    asked ||= fixed !== null && isConstant(fixed) && (names !== undefined || absent === true);
    return fixed;
  };
  const value = evaluator(scope, known).evaluate(node);
  return asked && value?.kind === "bool" ? value.value : null;
}

/**
 * The value of a size. A variable whose value the frontend does not know stands for itself: inference puts the constant in its place,
 * or says why it is none.
 */
function sizeValue(node: ts.Expression, scope: Scope): Static | null {
  const { optional, chosen } = scope.kernel;
  const known = ({ fixed, name, owner, absent, decidedBy = [] }: Variable): Static | null => {
    // The IR has no size that what a launch gives decides.
    const open = fixed === null ? decidedBy.filter((one) => optional.has(one) && !chosen.has(one)) : [];
    if (open.length > 0) throw new UndecidedConstants(open);
    return fixed ?? (owner === scope && !absent ? int(dimName(name)) : null);
  };
  return evaluator(scope, known).evaluate(node);
}

function evaluator(scope: Scope, known: (variable: Variable) => Static | null): Evaluator {
  return new Evaluator(scope.unit, {
    lookup(symbol) {
      const binding = scope.find(symbol);
      if (binding === null) return undefined;
      return binding.kind === "variable" ? known(binding) : null;
    },
    asks: (node) => decidedByGiven(node, scope),
    member(node) {
      const owner = node.name.text === "length" ? localBinding(node.expression, scope) : null;
      if (owner?.kind === "members" && owner.list) return int(owner.names.length);
      const parameter = parameterOf(node, scope);
      return parameter === null ? null : known(parameter);
    },
  });
}

/** What was meant where this is no number: JavaScript's max compares its arguments. */
const MISTAKEN: Readonly<Record<string, string>> = {
  "axis of max": "the greater of two values is maximum(a, b)",
  "axis of min": "the less of two values is minimum(a, b)",
  "text of devicePrint": 'the text comes first: devicePrint("n =", n)',
  "message of deviceAssert": 'the condition comes first: deviceAssert(n > 0, "text")',
  "message of staticAssert": 'the condition comes first: staticAssert(B > 0, "text")',
  "order of permute": "write the axes one after another: permute(x, 1, 0)",
  "order of trans": "write the axes one after another: trans(x, 1, 0)",
  "the index of a list": "where(i === 0, a, b) chooses as the program runs; load(pointer + i) reads memory",
};

/** How a constant's type lists its values. */
const VALUES: Readonly<Record<string, string>> = {
  "an integer": "0 | 1",
  "a text": '"a" | "b"',
  "a dtype": '"f16" | "f32"',
};

/** Readers of what must be fixed: each reports a problem and gives null where the expression is something else. */
function reader<T>(
  kind: string,
  read: (value: Static) => T | null,
  compute = fixedValue,
  instead: (node: ts.Expression) => string | undefined = insteadOfQuotient,
) {
  return (node: ts.Expression, scope: Scope, what: string): T | null => {
    const value = compute(node, scope);
    const result = value === null ? null : read(value);
    if (result === null) {
      const [open] = decide(node, scope);
      const values = open && VALUES[kind];
      const listed = values && `list the values that it may have in its type: ${open}: Const<"${open}", ${values}>`;
      // The compiler reads sizes with their Const parameters, and every other number without them.
      const literal = compute === fixedValue && kind === "an integer" ? "write the number itself" : undefined;
      const facts = {
        what,
        kind,
        instead: insteadOfQuotient(node) ?? listed ?? MISTAKEN[what] ?? instead(node) ?? literal,
      };
      scope.unit.report(notStatic(scope.unit.span(node), facts));
    }
    return result;
  };
}

/** `BN / 2` is a float, and so is what Math.floor makes of it here. */
function insteadOfQuotient(node: ts.Expression): string | undefined {
  let quotient: ts.BinaryExpression | undefined;
  const visit = (one: ts.Node): void => {
    if (ts.isBinaryExpression(one) && one.operatorToken.kind === ts.SyntaxKind.SlashToken) quotient ??= one;
    ts.forEachChild(one, visit);
  };
  visit(node);
  return quotient && `write floorDiv(${quotient.left.getText()}, ${quotient.right.getText()}): / makes a float`;
}

const size = (value: Static): Dim | null => (value.kind === "int" ? value.value : null);

export const fixedSize = reader<Dim>("an integer", size, sizeValue);

export const fixedInteger = reader<number>("an integer", (value) =>
  value.kind === "int" && typeof value.value === "number" ? value.value : null,
);

/** True or false, or what decides it. A name that the frontend does not know is of an integer until inference says. */
export const fixedFlag = reader<boolean | Dim>(
  "true or false",
  (value) => {
    if (value.kind === "bool") return value.value;
    return symbolicOf(value);
  },
  sizeValue,
);

/** One that decides the shape of the result. */
export const fixedShapeFlag = reader<boolean>(
  "true or false",
  (value) => (value.kind === "bool" ? value.value : null),
  fixedValue,
  () => "it decides the shape of the result: write true or false",
);

export const fixedText = reader<string>("a text", (value) => (value.kind === "string" ? value.value : null));

function sizes(value: Static): readonly Dim[] | null {
  if (value.kind !== "list") return null;
  const all = value.items.map(size);
  return all.includes(null) ? null : (all as Dim[]);
}

export const fixedShape = reader<readonly Dim[]>(
  "a list of sizes",
  sizes,
  sizeValue,
  (node) =>
    insteadOfQuotient(node) ?? (ts.isArrayLiteralExpression(node) ? undefined : `write a list: [${node.getText()}]`),
);

const dtypeValue = reader<DType>(
  "a dtype",
  (value) => (value.kind === "string" && isDType(value.value) ? value.value : null),
  fixedValue,
  () => `there are ${Object.keys(DTYPES).join(", ")}`,
);

/** A dtype's name, or `dtypeOf(pointer)`: of a parameter of the kernel what it says, of any other pointer its name, which inference resolves. */
export function fixedDType(node: ts.Expression, scope: Scope, what: string): DType | readonly Dim[] | null {
  return pointeeOf(unwrapped(node), scope) ?? dtypeValue(node, scope, what);
}

function pointeeOf(node: ts.Expression, scope: Scope): DType | readonly Dim[] | null {
  if (!ts.isCallExpression(node)) return null;
  const named = resolveCallee(scope.unit, node);
  const operand = node.arguments[0];
  if (named.kind !== "language" || named.name !== "dtypeOf" || operand === undefined) return null;
  const pointer = parameterOf(unwrapped(operand), scope);
  if (pointer === null || pointer.fixed !== null || pointer.absent) return null;
  return pointer.pointee ?? (pointer.owner === scope ? [dimName(pointer.name)] : null);
}

/** What a name of the function being lowered, or a member of one, stands for; null for every other expression. */
export function localBinding(node: ts.Expression, scope: Scope): Binding | null {
  const inner = unwrapped(node);
  if (ts.isIdentifier(inner)) {
    const symbol = symbolOf(scope.unit, inner);
    return symbol === null ? null : scope.find(symbol);
  }
  if (!ts.isPropertyAccessExpression(inner) && !ts.isElementAccessExpression(inner)) return null;
  const owner = localBinding(inner.expression, scope);
  if (owner?.kind !== "members") return null;
  const key = ts.isPropertyAccessExpression(inner) ? inner.name.text : keyOf(inner.argumentExpression, scope);
  return key === null ? null : owner.field(key);
}

/** The index of an element, or the name of a member, that is known. */
function keyOf(node: ts.Expression, scope: Scope): string | null {
  const value = fixedValue(node, scope);
  if (value?.kind === "string") return value.value;
  return value?.kind === "int" && typeof value.value === "number" ? String(value.value) : null;
}

/** The parameter or variable that an expression names: `x`, or `p.x` of the kernel's parameter object. */
function parameterOf(node: ts.Expression, scope: Scope): Variable | null {
  const binding = localBinding(node, scope);
  return binding?.kind === "variable" ? scope.reach(binding) : null;
}

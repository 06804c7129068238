import { changedConstant } from "../../diagnostics/catalogue/frontend.js";
import { placed } from "../../ir/index.js";
import { ts } from "../typescript.mjs";
import type { Unit } from "../unit.js";
import { CALLS } from "./calls.js";
import { changeOf } from "./changes.js";
import { LITERALS } from "./literals.js";
import { CONSTANTS } from "./math.js";
import { OPERATORS } from "./operators.js";
import { partOf } from "./patterns.js";
import { type Environment, float, type Static } from "./value.js";

export type Rule = (node: never, evaluator: Evaluator) => Static | null;

/** Computes expressions without running the program: sizes, attributes, `builds`, module-level constants. */
export class Evaluator {
  readonly unit: Unit;
  readonly environment: Environment;

  constructor(unit: Unit, environment: Environment) {
    this.unit = unit;
    this.environment = environment;
  }

  /** The value, or null where it is not known before the program runs. */
  evaluate(node: ts.Expression): Static | null {
    const { steps, depth } = this.unit;
    steps.spend();
    const rule = RULES[node.kind] as ((node: ts.Expression, evaluator: Evaluator) => Static | null) | undefined;
    const value =
      rule === undefined
        ? null
        : placed(
            () => this.unit.span(node),
            () => depth.inside(() => rule(node, this)),
          );
    const known = isNumberless(value) ? null : value;
    if (known === null) this.environment.fail?.(node);
    return known;
  }

  /** The same rules without telling of failures. */
  quiet(): Evaluator {
    const { environment } = this;
    return new Evaluator(this.unit, {
      lookup: (symbol) => environment.lookup(symbol),
      member: (node) => environment.member?.(node) ?? null,
    });
  }

  moduleConstant(symbol: ts.Symbol): Static | null {
    return moduleConstant(this.unit, symbol);
  }

  /** The same rules inside a function, where its parameters have values. */
  inside(values: ReadonlyMap<ts.Symbol, Static>, around: Environment = this.environment): Evaluator {
    return new Evaluator(this.unit, {
      lookup: (symbol) => values.get(symbol) ?? around.lookup(symbol),
      fail: (node) => this.environment.fail?.(node),
    });
  }
}

/** What a division by 0 gives. */
const isNumberless = (value: Static | null): boolean =>
  value?.kind === "int" && typeof value.value === "number" && !Number.isFinite(value.value);

const RULES: Readonly<Partial<Record<ts.SyntaxKind, Rule>>> = { ...LITERALS, ...OPERATORS, ...CALLS };

/** The value of a module-level `const`, computed once; null for the rest. */
export function moduleConstant(unit: Unit, symbol: ts.Symbol): Static | null {
  const known = unit.constants.get(symbol);
  if (known !== undefined) return known;
  unit.constants.set(symbol, null);
  const value = computeConstant(unit, symbol);
  unit.constants.set(symbol, value);
  return value;
}

function computeConstant(unit: Unit, symbol: ts.Symbol): Static | null {
  const declaration = symbol.valueDeclaration;
  if (declaration === undefined) return null;
  if (ts.isEnumMember(declaration)) {
    const value = unit.checker.getConstantValue(declaration);
    if (value === undefined) return null;
    return typeof value === "string"
      ? { kind: "string", value }
      : Number.isInteger(value)
        ? { kind: "int", value }
        : { kind: "float", value };
  }
  if (ts.isBindingElement(declaration)) return taken(unit, declaration);
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return null;
  if (!isModuleConst(declaration)) return null;
  const value = new Evaluator(unit, { lookup: () => undefined }).evaluate(declaration.initializer);
  const change = value?.kind === "list" || value?.kind === "record" ? changeOf(unit, symbol) : undefined;
  if (change) unit.report(changedConstant(unit.span(change), { name: symbol.name }));
  return value;
}

/** What a name of `const { a, b: [c] } = VALUE` takes of the value. */
function taken(unit: Unit, element: ts.BindingElement): Static | null {
  const owner = element.parent.parent;
  const whole = ts.isBindingElement(owner) ? taken(unit, owner) : wholeOf(unit, owner, element);
  return whole && (partOf(whole, element) ?? null);
}

/** The value that a declaration of a module takes apart; of `Math` the one number that is asked for. */
function wholeOf(unit: Unit, declaration: ts.Declaration, element: ts.BindingElement): Static | null {
  if (!ts.isVariableDeclaration(declaration) || !isModuleConst(declaration)) return null;
  const { initializer } = declaration;
  if (!initializer) return null;
  const key = (element.propertyName ?? element.name).getText();
  const known = ts.isIdentifier(initializer) ? CONSTANTS[`${initializer.text}.${key}`] : undefined;
  if (known !== undefined) return { kind: "record", fields: new Map([[key, float(known)]]) };
  return new Evaluator(unit, { lookup: () => undefined }).evaluate(initializer);
}

export function isModuleConst(declaration: ts.VariableDeclaration): boolean {
  const list = declaration.parent;
  return (
    ts.isVariableDeclarationList(list) &&
    (list.flags & ts.NodeFlags.Const) !== 0 &&
    ts.isVariableStatement(list.parent) &&
    (ts.isSourceFile(list.parent.parent) || ts.isModuleBlock(list.parent.parent))
  );
}

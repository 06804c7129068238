import {
  type Build,
  type Expr,
  isOptional,
  type Kernel,
  LIMITS,
  LimitExceeded,
  type Param,
  type Stmt,
  UNKNOWN,
} from "../ir/index.js";
import { partsOf } from "./flavors.js";
import type { KernelParameters } from "./parameters.js";
import { bool, float, int, type Static } from "./static/value.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

type Const = Extract<Param, { kind: "const" }>;

/**
 * The values that a `Const` parameter may have: those in its type, `Const<"AXIS", 0 | 1>`, or else those in the builds. Of an optional
 * parameter: that it is given, and that it is not.
 */
export type Values = ReadonlyMap<string, readonly Static[]>;

/** Ends the lowering of a kernel's body where the front end itself must know these `Const` parameters: it begins anew for each of their values. */
export class UndecidedConstants extends Error {
  override readonly name = "UndecidedConstants";
  readonly names: readonly string[];
  constructor(names: readonly string[]) {
    super(`undecided: ${names.join(", ")}`);
    this.names = names;
  }
}

/** All parameters whose values can be listed. */
export function valuesOf(unit: Unit, { type, params }: KernelParameters, builds: readonly Build[]): Values {
  const consts = params.filter((param): param is Const => param.kind === "const");
  const optional = params.filter(isOptional).map(({ name }) => [name, [bool(true), bool(false)]] as const);
  return new Map([
    ...optional,
    ...consts.flatMap((param): (readonly [string, readonly Static[]])[] => {
      const property = type?.getProperty(param.name);
      const named = property === undefined ? null : literalsOf(unit.checker.getTypeOfSymbol(property));
      const built = [...new Set(builds.map(({ constants }) => constants[param.name]!))].map((one) =>
        ofValue(one, param),
      );
      const values = named ?? built;
      return values.length > 0 ? [[param.name, values]] : [];
    }),
  ]);
}

/** The literals that a type is made of; null where it holds any number or text. */
function literalsOf(type: ts.Type): readonly Static[] | null {
  const members = type.isUnion() ? type.types : [type];
  const literals = members.map((member) => {
    return (
      partsOf(member)
        .map(literalOf)
        .find((one) => one !== null) ?? null
    );
  });
  return literals.includes(null) ? null : (literals as Static[]);
}

function literalOf(type: ts.Type): Static | null {
  if (type.isStringLiteral()) return { kind: "string", value: type.value };
  if (type.isNumberLiteral()) return Number.isInteger(type.value) ? int(type.value) : float(type.value);
  const isTrue = "intrinsicName" in type && type.intrinsicName === "true";
  return type.flags & ts.TypeFlags.BooleanLiteral ? bool(isTrue) : null;
}

function ofValue(value: number | boolean | string, { of }: Const): Static {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "boolean") return bool(value);
  return of === "float" ? float(value) : int(value);
}

/** A body for each choice of values of these constants, in `if` statements that ask for them. */
export function chosenBody(
  { name: kernel, span }: Pick<Kernel, "name" | "span">,
  names: readonly string[],
  values: Values,
  optional: ReadonlySet<string>,
  lower: (chosen: ReadonlyMap<string, Static>) => readonly Stmt[],
): readonly Stmt[] {
  const choices = names.reduce((product, name) => product * values.get(name)!.length, 1);
  if (choices > LIMITS.choices) throw new LimitExceeded("choices", span);
  const op = (name: string, args: Record<string, Expr>, attrs = {}): Expr => ({
    kind: "op",
    op: name,
    args,
    attrs,
    type: UNKNOWN,
    span,
  });
  const inside = ([name, ...rest]: readonly string[], chosen: ReadonlyMap<string, Static>): readonly Stmt[] => {
    if (name === undefined) return lower(chosen);
    const of = { kind: "ref", name, type: UNKNOWN, span } as const;
    const listed = values.get(name)!;
    const branches = listed.map((value) => [value, inside(rest, new Map(chosen).set(name, value))] as const);
    if (optional.has(name)) {
      const [then, otherwise] = branches.map(([, body]) => body) as [readonly Stmt[], readonly Stmt[]];
      return [{ kind: "if", condition: op("isGiven", { x: of }), then, else: otherwise, carried: [], span }];
    }
    const message = `${kernel} is made for ${name} = ${listed.map(textOf).join(", ")}`;
    const refused = op("staticAssert", { condition: literal(bool(false), span) }, { message });
    return branches.reduceRight<readonly Stmt[]>(
      (otherwise, [value, then]) => {
        const flag = value.kind === "bool" ? (value.value ? of : op("not", { x: of })) : null;
        const condition = flag ?? op("eq", { a: of, b: literal(value, span) });
        return [{ kind: "if", condition, then, else: otherwise, carried: [], span }];
      },
      [{ kind: "effect", value: refused, span }],
    );
  };
  return inside(names, new Map());
}

const textOf = (value: Static): string => ("value" in value ? JSON.stringify(value.value) : "");

function literal(value: Static, span: Expr["span"]): Expr {
  const plain = (value as { value: number | boolean | string }).value;
  if (value.kind === "int")
    return { kind: "literal", value: plain, type: { kind: "const", of: "int", dim: plain as number }, span };
  return { kind: "literal", value: plain, type: { kind: "const", of: value.kind as "bool" }, span };
}

import {
  constName,
  kernelShape,
  parameterType,
  typeParameter,
  unknownName,
} from "../diagnostics/catalogue/frontend.js";
import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import { type Dim, DTYPES, type DType, dimName, isDType, isOptional, LIMITS, type Param } from "../ir/index.js";
import { baseOf, dtypeOf, flavorOf, mayBeUndefined, shapeOf } from "./flavors.js";
import { type FunctionNode, symbolOf } from "./names.js";
import type { Variable } from "./scope.js";
import { int, type Static, test } from "./static/value.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** A type parameter of a kernel and the dtypes it may stand for. */
export interface DTypeParameter {
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly dtypes: readonly DType[];
}

/** The kernel's type parameters; each must be limited to dtypes. */
export function dtypeParameters(unit: Unit, fn: FunctionNode): readonly DTypeParameter[] {
  return (fn.typeParameters ?? []).flatMap((node): readonly DTypeParameter[] => {
    const symbol = unit.checker.getSymbolAtLocation(node.name);
    const limit = node.constraint === undefined ? null : unit.checker.getTypeFromTypeNode(node.constraint);
    const members = limit === null ? [] : limit.isUnion() ? limit.types : [limit];
    const dtypes = members.map((member) => (member.isStringLiteral() && isDType(member.value) ? member.value : null));
    if (symbol === undefined || dtypes.length === 0 || dtypes.includes(null)) {
      const odd = members.find((member) => member.isStringLiteral() && !isDType(member.value));
      const facts = { name: node.name.text, odd: odd && unit.checker.typeToString(odd) };
      unit.report(typeParameter(unit.span(node), facts));
      return [];
    }
    // tsc keeps a union in the order in which it met its members, which depends on other files.
    const sorted = (Object.keys(DTYPES) as DType[]).filter((dtype) => dtypes.includes(dtype));
    return [{ name: node.name.text, symbol, dtypes: sorted }];
  });
}

export interface KernelParameters {
  /** The object's own type. */
  readonly type: ts.Type | null;
  /** Those with a type that can be passed, in the order of the object's type: the order of the arguments on the device. */
  readonly params: readonly Param[];
  /** Names of parameters whose types were reported. */
  readonly broken: readonly string[];
}

/** The kernel's parameters; null after reporting that there is no object of them. */
export function kernelParameters(
  unit: Unit,
  fn: FunctionNode,
  name: string,
  bound: ReadonlyMap<ts.Symbol, DType>,
): KernelParameters | null {
  const [object, ...others] = fn.parameters;
  if (object === undefined && others.length === 0) return { type: null, params: [], broken: [] };
  if (object === undefined || others.length > 0 || object.dotDotDotToken || object.type === undefined) {
    const what = `${name} must take one object, with its type written out`;
    unit.report(kernelShape(unit.span(object ?? fn), { what }));
    return null;
  }
  const type = unit.checker.getTypeAtLocation(object);
  const properties = unit.checker.getPropertiesOfType(type);
  const isObject = (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
  if (!isObject || flavorOf(unit, type).kind !== null || flavorOf(unit, type).constant !== null) {
    unit.report(kernelShape(unit.span(object), { what: `${name} must take an object of parameters` }));
    return null;
  }
  if (properties.length > LIMITS.parameters) {
    unit.report(beyondLimit(unit.span(object), { limit: "parameters", got: properties.length }));
    return null;
  }
  const params = properties.flatMap((property) => parameter(unit, property, object, bound) ?? []);
  const sound = new Set(params.map(({ name: known }) => known));
  return { type, params, broken: properties.map(({ name: one }) => one).filter((one) => !sound.has(one)) };
}

function parameter(
  unit: Unit,
  property: ts.Symbol,
  object: ts.ParameterDeclaration,
  bound: ReadonlyMap<ts.Symbol, DType>,
): Param | null {
  const { checker } = unit;
  const declared = checker.getTypeOfSymbolAtLocation(property, object);
  const type = mayBeUndefined(declared) ? checker.getNonNullableType(declared) : declared;
  const span = unit.span(property.valueDeclaration ?? object);
  const { name } = property;
  const flavor = flavorOf(unit, type);
  const optional = type === declared ? {} : ({ optional: true } as const);
  if (flavor.constant !== null && type === declared) {
    if (flavor.constant !== name) unit.report(constName(span, { parameter: name, name: flavor.constant }));
    return { kind: "const", name, of: baseOf(unit, type), span };
  }
  const dtype = dtypeOf(flavor.dtype, bound);
  const shape = shapeOf(unit, flavor.shape);
  if (dtype !== null && flavor.constant === null && shape !== null) {
    if (flavor.kind === "pointer" && shape.length === 0) return { kind: "pointer", name, dtype, ...optional, span };
    if (flavor.kind === "tile" && shape.length === 0) return { kind: "scalar", name, dtype, ...optional, span };
    if (flavor.kind === "descriptor") {
      return {
        kind: "descriptor",
        name,
        dtype,
        block: shape,
        padding: flavor.padding === "nan" ? "nan" : "zero",
        ...optional,
        span,
      };
    }
  }
  const forgotten = forgottenImport(unit, property);
  if (forgotten)
    unit.report(unknownName(unit.span(forgotten), { name: forgotten.text, ofLanguage: true, isType: true }));
  else unit.report(parameterType(span, { name, type: checker.typeToString(declared) }));
  return null;
}

/** The name of a type of the language that the parameter has and the file does not import. */
function forgottenImport(unit: Unit, { valueDeclaration }: ts.Symbol): ts.Identifier | null {
  const type = valueDeclaration && ts.isPropertySignature(valueDeclaration) ? valueDeclaration.type : undefined;
  if (type === undefined || !ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return null;
  return unit.language.has(type.typeName.text) && symbolOf(unit, type.typeName) === null ? type.typeName : null;
}

/** Constants that sizes may depend on. */
const SYMBOLIC: Readonly<Record<string, (value: Dim) => Static>> = { int, bool: test };

/** What the body knows of a parameter besides its type. `chosen` has Const parameters that it is lowered for. */
export function knownOf(
  param: Param,
  chosen: ReadonlyMap<string, Static>,
): Pick<Variable, "mutable" | "fixed" | "absent" | "constant" | "pointee" | "decidedBy" | "optional"> {
  const { name } = param;
  const given = isOptional(param) ? chosen.get(name) : undefined;
  if (given?.kind === "bool" && !given.value) return { mutable: false, fixed: { kind: "missing" }, absent: true };
  const symbolic = param.kind !== "const" ? undefined : SYMBOLIC[param.of]?.(dimName(name));
  return {
    mutable: false,
    fixed: (param.kind === "const" ? chosen.get(name) : undefined) ?? symbolic ?? null,
    ...(param.kind === "const" && { constant: true, decidedBy: [name] }),
    ...(isOptional(param) && { decidedBy: [name], ...(given === undefined && { optional: param.kind }) }),
    ...(param.kind === "pointer" || param.kind === "descriptor" ? { pointee: param.dtype } : {}),
  };
}

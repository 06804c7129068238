import * as problems from "../diagnostics/catalogue/types.js";
import { type Attr, type Dim, DTYPES, type DType, isDType, type Shape, type Span } from "../ir/index.js";
import type { Attrs, Call, InferContext } from "./op.js";
import type { Py } from "./python.js";
import { pythonString } from "./python-string.js";
import { sizeConditionPy } from "./python-values.js";

/** A size list of an op; one number stands for a list of one. */
export function dims(attr: Attr | undefined): Shape {
  if (Array.isArray(attr)) return attr as Shape;
  return typeof attr === "number" ? [attr] : [];
}

export const firstDim = (attr: Attr | undefined): Dim | undefined => dims(attr)[0];

/** The dtype an op names; null after reporting one that does not exist. */
export function dtypeOf(call: Call, context: InferContext): DType | null {
  const { dtype } = call.attrs;
  if (typeof dtype === "string" && isDType(dtype)) return dtype;
  const facts = {
    op: call.op === "cast" ? "to" : call.op,
    name: "dtype",
    got: JSON.stringify(dtype),
    known: Object.keys(DTYPES),
  };
  return context.fail(problems.unknownChoice(call.span, facts));
}

/** Options of an op that must be one of a few words; false after reporting. */
export function checkChoices(
  call: Call,
  choices: Readonly<Record<string, readonly string[]>>,
  context: InferContext,
): boolean {
  let fine = true;
  for (const [name, known] of Object.entries(choices)) {
    const got = call.attrs[name];
    if (got === undefined || known.includes(String(got))) continue;
    context.fail(
      problems.unknownChoice(call.span, {
        op: call.op === "cast" ? "to" : call.op,
        name,
        got: JSON.stringify(got),
        known,
      }),
    );
    fine = false;
  }
  return fine;
}

/** Triton's tiles have power-of-two sizes. Symbolic sizes are judged when they have values. */
export function checkSizes(op: string, shape: Shape, span: Span, context: Pick<InferContext, "fail">): void {
  for (const size of shape)
    if (typeof size === "number" && !isPowerOfTwo(size))
      context.fail(problems.notPowerOfTwo(span, { op, size, shape }));
}

export const isPowerOfTwo = (size: number): boolean =>
  Number.isInteger(size) && size > 0 && Number.isInteger(Math.log2(size));

/** Only the named attributes, without absent ones. */
export const pick = (attrs: Attrs, names: readonly string[]): Attrs =>
  Object.fromEntries(names.flatMap((name) => (attrs[name] === undefined ? [] : [[name, attrs[name]]])));

/** A flag as a keyword argument of Triton: a size where `Const` parameters decide it. */
export function flagPy(attr: Attr | undefined): Py | string | undefined {
  if (Array.isArray(attr)) return sizeConditionPy((attr as Shape)[0]!);
  return attr ? "True" : undefined;
}

export const quoted = (attr: Attr | undefined, before = ""): string | undefined =>
  attr === undefined ? undefined : pythonString(before + String(attr));

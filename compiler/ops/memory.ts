import * as problems from "../diagnostics/catalogue/types.js";
import { type Expr, VOID } from "../ir/index.js";
import { checkChoices, flagPy, pick, quoted } from "./attrs.js";
import { stretches } from "./broadcast.js";
import { assignable, booleans, convert, isPointer, shapeOf, type TileType } from "./convert.js";
import type { Args, Call, InferContext, Op } from "./op.js";
import { call } from "./python.js";

const EVICTION = ["evict_first", "evict_last"];

/** Cache hints that PTX takes one of only; false after reporting. */
function checkHints(source: Call, context: InferContext): boolean {
  const { cache, eviction, volatile } = source.attrs;
  const given = Object.entries({ cache, eviction, volatile }).filter(
    ([, value]) => value !== undefined && value !== false,
  );
  if (cache === undefined || given.length < 2) return true;
  context.fail(problems.hintsClash(source.span, { op: source.op, hints: given.map(([name]) => name) }));
  return false;
}

/** The pointer operand, checked. */
export function pointerOperand(source: Call, context: InferContext): Expr | null {
  const ptr = source.args.ptr!;
  if (isPointer(ptr.type)) return ptr;
  return context.fail(
    problems.needsPointer(
      ptr.span,
      { op: source.op, type: ptr.type, second: source.args.value?.type },
      context.origins(ptr),
    ),
  );
}

/** Reports an operand that does not broadcast to the pointer's shape. */
export function fitsPointer(what: string, operand: Expr, ptr: Expr, context: InferContext): boolean {
  if (stretches(shapeOf(operand.type), shapeOf(ptr.type))) return true;
  const facts = { what, type: operand.type, pointer: ptr.type };
  context.fail(problems.doesNotFitPointer(operand.span, facts, context.origins(operand, ptr)));
  return false;
}

/** The mask as booleans that fit the pointer; undefined where there is none, null after a problem. */
export function maskOperand(source: Call, ptr: Expr, context: InferContext): Expr | undefined | null {
  const { mask } = source.args;
  if (mask === undefined) return undefined;
  const flags = booleans(mask, "mask", context);
  return flags && fitsPointer("mask", mask, ptr, context) ? flags : null;
}

/** A value that goes to memory: of the same kind of dtype, fitting the pointer. */
export function valueOperand(what: string, value: Expr, ptr: Expr, context: InferContext): Expr | null {
  const { dtype } = ptr.type as TileType;
  if (!assignable(value.type, dtype))
    return context.fail(
      problems.wrongElement(value.span, { what, got: value.type, want: dtype }, context.origins(value, ptr)),
    );
  return fitsPointer(what, value, ptr, context) ? convert(value, dtype, context) : null;
}

/** Operands without the absent ones. */
export const present = (args: Readonly<Record<string, Expr | undefined>>): Args =>
  Object.fromEntries(Object.entries(args).filter((entry): entry is [string, Expr] => entry[1] !== undefined));

export const load: Op = {
  name: "load",
  params: { ptr: "operand" },
  options: { mask: "operand", other: "operand", cache: "text", eviction: "text", volatile: "flag" },
  reads: "ptr",
  cost: 4,
  infer(source, context) {
    const choices =
      checkChoices(source, { cache: ["ca", "cg", "cv", "cs"], eviction: EVICTION }, context) &&
      checkHints(source, context);
    const ptr = pointerOperand(source, context);
    if (!ptr) return null;
    const mask = maskOperand(source, ptr, context);
    const given = source.args.other;
    if (given && source.args.mask === undefined) return context.fail(problems.otherWithoutMask(given.span));
    const other = given && valueOperand("other", given, ptr, context);
    if (mask === null || other === null || !choices) return null;
    return {
      kind: "op",
      op: "load",
      args: present({ ptr, mask, other }),
      attrs: pick(source.attrs, ["cache", "eviction", "volatile"]),
      type: { ...(ptr.type as TileType), pointer: false },
      span: source.span,
    };
  },
  emit: ({ ptr, mask, other }, { attrs }) =>
    call("tl.load", [ptr!], {
      mask,
      other,
      cache_modifier: quoted(attrs.cache, "."),
      eviction_policy: quoted(attrs.eviction),
      volatile: flagPy(attrs.volatile),
    }),
};

export const store: Op = {
  name: "store",
  params: { ptr: "operand", value: "operand" },
  options: { mask: "operand", cache: "text", eviction: "text" },
  writes: "ptr",
  infer(source, context) {
    const choices =
      checkChoices(source, { cache: ["wb", "cg", "cs", "wt"], eviction: EVICTION }, context) &&
      checkHints(source, context);
    const ptr = pointerOperand(source, context);
    if (!ptr) return null;
    const value = valueOperand("value", source.args.value!, ptr, context);
    const mask = maskOperand(source, ptr, context);
    if (!value || mask === null || !choices) return null;
    return {
      kind: "op",
      op: "store",
      args: present({ ptr, value, mask }),
      attrs: pick(source.attrs, ["cache", "eviction"]),
      type: VOID,
      span: source.span,
    };
  },
  emit: ({ ptr, value, mask }, { attrs }) =>
    call("tl.store", [ptr!, value!], {
      mask,
      cache_modifier: quoted(attrs.cache, "."),
      eviction_policy: quoted(attrs.eviction),
    }),
};

export const MEMORY: readonly Op[] = [load, store];

import * as problems from "../diagnostics/catalogue/types.js";
import { VOID } from "../ir/index.js";
import { flagPy, pick, quoted } from "./attrs.js";
import { broadcastAll } from "./broadcast.js";
import { booleans, decay, isOperand } from "./convert.js";
import type { Args, Op } from "./op.js";
import { call } from "./python.js";
import { materialize } from "./python-values.js";

/** What Triton takes in a text that a GPU prints: Python's `string.printable`. */
const PRINTABLE = /^[\t-\r -~]*$/;

const devicePrint: Op = {
  name: "devicePrint",
  params: { text: "text", values: { rest: "value" } },
  options: { hex: "flag" },
  effect: true,
  infer(source, context) {
    const text = String(source.attrs.text);
    if (!PRINTABLE.test(text)) return context.fail(problems.notPrintable(source.span, { text }));
    const values = Object.entries(source.args).map(([name, value]) => {
      const number = isOperand(value.type)
        ? decay(value, context)
        : context.fail(problems.notANumber(value.span, { op: source.op, type: value.type }, context.origins(value)));
      return [name, number] as const;
    });
    if (values.some(([, value]) => value === null)) return null;
    const args = Object.fromEntries(values) as Args;
    const attrs = { text, ...pick(source.attrs, ["hex"]) };
    return { kind: "op", op: "devicePrint", args, attrs, type: VOID, span: source.span };
  },
  // The text becomes a part of printf's format.
  emit: (args, { args: typed, attrs }) =>
    call(
      "tl.device_print",
      [
        quoted(String(attrs.text).replaceAll("%", "%%"))!,
        ...Object.keys(args).map((name) => materialize(args[name]!, typed[name]!.type)),
      ],
      { hex: flagPy(attrs.hex) },
    ),
};

const deviceAssert: Op = {
  name: "deviceAssert",
  params: { condition: "operand", message: "text" },
  options: { mask: "operand" },
  effect: true,
  infer(source, context) {
    const condition = booleans(source.args.condition!, `the condition of ${source.op}`, context);
    const given = source.args.mask;
    const mask = given && booleans(given, `the mask of ${source.op}`, context);
    if (condition === null || mask === null) return null;
    if (mask && broadcastAll(source, [condition, mask], context) === null) return null;
    const args: Args = mask ? { condition, mask } : { condition };
    const attrs = { message: String(source.attrs.message) };
    return { kind: "op", op: "deviceAssert", args, attrs, type: VOID, span: source.span };
  },
  emit: ({ condition, mask }, { args, attrs }) =>
    call("tl.device_assert", [materialize(condition!, args.condition!.type), quoted(attrs.message)!], {
      mask: mask && materialize(mask, args.mask!.type),
    }),
};

/** Said when the constants have values: `specialize` reports what it prints. */
const staticPrint: Op = {
  name: "staticPrint",
  params: { values: { rest: "value" } },
  effect: true,
  infer: ({ args, span }) => ({ kind: "op", op: "staticPrint", args, attrs: {}, type: VOID, span }),
  emit: (args) => call("tl.static_print", Object.values(args)),
};

export const DEBUG: readonly Op[] = [devicePrint, deviceAssert, staticPrint];

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Expr,
  IR_VERSION,
  IrFormatError,
  type Kernel,
  parseKernel,
  serializeKernel,
} from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import * as d from "./draft.js";
import { SAMPLES } from "./samples.js";

const typed = (make: () => Kernel): Kernel => inferTypes(make()).kernel;

/** As JSON and JavaScript see it: members that are undefined are absent. */
const holding = (value: Expr): Kernel => d.kernel("k", [], [d.declare("x", value)]);

describe("a serialized kernel", () => {
  it.each(Object.entries(SAMPLES))("%s comes back as it was", (_name, make) => {
    const kernel = typed(make);
    expect(parseKernel(serializeKernel(kernel))).toEqual(kernel);
  });

  it("has the same bytes for equal kernels, whatever the order of their keys", () => {
    const kernel = typed(SAMPLES.matmul!);
    const shuffled = Object.fromEntries(Object.entries(kernel).reverse()) as unknown as Kernel;
    expect(serializeKernel(shuffled)).toBe(serializeKernel(kernel));
    expect(serializeKernel(parseKernel(serializeKernel(kernel)))).toBe(serializeKernel(kernel));
  });

  it("names each source file once", () => {
    const text = serializeKernel(typed(SAMPLES.flashAttention!));
    expect(text.match(/"\$span"/g)!.length).toBeGreaterThan(100);
    // In the list of files, and as the kernel's own.
    expect(text.match(/draft\.kernel\.ts/g)).toHaveLength(2);
  });

  it("keeps every number, also those that JSON lacks", () => {
    const numbers = fc.oneof(
      fc.double(),
      fc.bigInt(),
      fc.integer(),
      fc.constantFrom(-0, Number.NaN, Infinity, -Infinity),
    );
    fc.assert(
      fc.property(numbers, (value) => {
        const literal: Expr = { kind: "literal", value, type: { kind: "const", of: "float" }, span: d.span() };
        const [stmt] = parseKernel(serializeKernel(holding(literal))).body;
        const back = (stmt as { value: { value: number | bigint } }).value.value;
        expect(Object.is(back, value)).toBe(true);
      }),
    );
  });

  it.each([
    ["no JSON", "no JSON"],
    ['{"version":99,"files":[],"kernel":{}}', "version 99"],
    ['{"version":1,"files":[],"kernel":{}}', "version 1"],
    [`{"version":${IR_VERSION}}`, "lacks its kernel"],
    ["null", "version undefined"],
  ])("%s is refused", (text, message) => {
    expect(() => parseKernel(text)).toThrow(IrFormatError);
    expect(() => parseKernel(text)).toThrow(message);
  });
});

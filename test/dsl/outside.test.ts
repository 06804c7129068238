import * as language from "tilescript";
import { expect, test } from "vitest";
import * as library from "../../dsl/library/index.js";

const operations = Object.entries(language).filter(
  ([name]) => !["kernel", "OutsideKernelError", "TileScriptError"].includes(name),
);

test("every operation says where it belongs when Node calls it", () => {
  for (const [name, operation] of operations) {
    const call = operation as (...operands: unknown[]) => unknown;
    expect(() => call(), name).toThrow(language.OutsideKernelError);
    // Of a function that is written in the language, the first operation in it does.
    if (name in library) continue;
    expect(() => call(), name).toThrow(`${name}() has meaning only inside a kernel`);
  }
});

test("kernel() gives a frozen handle and does not run its function", () => {
  const handle = language.kernel(
    ({ BLOCK }: { BLOCK: language.Const<"BLOCK"> }) => {
      throw new Error(`ran with ${BLOCK}`);
    },
    { builds: [{ constants: { BLOCK: 64 } }] },
  );
  expect(handle).toEqual({ kind: "kernel", builds: 1 });
  expect(Object.isFrozen(handle)).toBe(true);
  const untyped = handle as unknown as Record<"launch" | "prepare", (...args: unknown[]) => void>;
  for (const name of ["launch", "prepare"] as const)
    expect(() => untyped[name]([1], {})).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(`${name}() of a kernel that no device has loaded`),
        hint: expect.stringContaining("await device.load(kernels)"),
      }),
    );
});

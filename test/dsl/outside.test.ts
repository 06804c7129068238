import * as language from "tilescript";
import { expect, test } from "vitest";

const operations = Object.entries(language).filter(
  ([name]) => !["kernel", "OutsideKernelError", "TileScriptError"].includes(name),
);

test("every operation says where it belongs when Node calls it", () => {
  for (const [name, operation] of operations) {
    const call = operation as (...operands: unknown[]) => unknown;
    expect(() => call(), name).toThrow(language.OutsideKernelError);
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
});

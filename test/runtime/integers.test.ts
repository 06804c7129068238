import fc from "fast-check";
import { expect, it } from "vitest";
import { integerText, readInteger } from "../../runtime/integers.js";

it.each<[string, number | undefined]>([
  ["512", 512],
  ["8k", 8192],
  ["1M", 1_048_576],
  ["2G", 2 ** 31],
  ["1_000", 1000],
  ["1.5k", 1536],
  [" 4K ", 4096],
  ["0", 0],
  ["1.5", undefined],
  ["k", undefined],
  ["", undefined],
  ["-1", undefined],
  ["1e3", undefined],
  ["9".repeat(20), undefined],
])("%j is %s", (text, value) => {
  expect(readInteger(text)).toBe(value);
});

it("what is written is read back", () => {
  expect([8192, 1 << 20, 3 * 1024 ** 3, 1000, 0].map(integerText)).toEqual(["8k", "1M", "3G", "1000", "0"]);
  fc.assert(fc.property(fc.nat(2 ** 40), (value) => readInteger(integerText(value)) === value));
});

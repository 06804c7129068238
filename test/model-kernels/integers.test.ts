/** Which products of a decode step go in integers, and what becomes of numbers that are none. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { download, upload } from "../../runtime/device/arrays.js";
import { FORMATS, type Format, INTEGER_FORMATS } from "../../runtime/kernels/formats/table.js";
import { integerRows } from "../../runtime/kernels/tiles.js";
import { weightsArguments } from "./case.js";
import { weightMatrix } from "./matrix.js";
import { numbers } from "./numbers.js";
import { openCpu } from "./on-cpu.js";

let cpu: Awaited<ReturnType<typeof openCpu>>;
beforeAll(async () => {
  cpu = await openCpu();
}, 60_000);
afterAll(() => cpu.device.close());

it("programs take 64 rows, 32 where that employs more processors, and as many as the matrix has", () => {
  const rows = [49152, 576, 128, 127, 63, 31, 16].map((count) => integerRows("cpu", "q4_1", count, 2));
  expect(rows).toEqual([64, 64, 64, 32, 32, 16, 16]);
  expect(integerRows("cpu", "q4_1", 576, 16)).toBe(32);
});

it("not on a GPU, not of a few rows, and not of every format", () => {
  expect(integerRows("gpu", "q4_1", 576, 2)).toBeUndefined();
  expect(integerRows("cpu", "q4_1", 15, 2)).toBeUndefined();
  for (const format of Object.keys(FORMATS) as Format[])
    expect(integerRows("cpu", format, 576, 2) !== undefined).toBe(INTEGER_FORMATS.has(format));
});

it.each([...INTEGER_FORMATS].flatMap((format) => [Infinity, -Infinity, NaN].map((value) => [format, value] as const)))(
  "%s times a vector with %f is no number",
  async (FORMAT, value) => {
    const { device, bundle } = cpu;
    const [rowCount, BLOCKS] = [16, 8];
    const { bytes } = weightMatrix(FORMAT, rowCount, BLOCKS, numbers(1), { kind: "random" });
    using weights = await upload(device, bytes);
    using x = await upload(device, new Float32Array(BLOCKS * 32).fill(1).with(40, value));
    using out = await upload(device, new Float32Array(rowCount));
    bundle.kernel("decodeAddIntegers").launch([1], {
      ...{ x, out, bias: x, ...weightsArguments(weights), rowCount, BLOCKS, R: 16, FORMAT, BIAS: false, ADD: false },
    });
    expect(await download(out, new Float32Array(rowCount))).toEqual(new Float32Array(rowCount).fill(NaN));
  },
);

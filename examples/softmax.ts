import { Device, download, upload } from "tilescript/runtime";
import { randoms, report, worstError } from "./numbers.js";
import * as kernels from "./softmax.kernel.js";

function reference(x: Float32Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    const values = x.subarray(at, at + columns);
    const top = values.reduce((a, b) => Math.max(a, b));
    const weights = Float64Array.from(values, (value) => Math.exp(value - top));
    const total = weights.reduce((a, b) => a + b);
    out.set(
      weights.map((weight) => weight / total),
      at,
    );
  }
  return out;
}

/** Softmax of rows of two lengths: the build is chosen by the constant in the launch. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { softmax } = await device.load(kernels);
  for (const [rows, columns, BLOCK] of [
    [64, 781, 1024],
    [16, 4096, 4096],
  ] as const) {
    const values = randoms(rows * columns, 3).map((value) => value * 10);
    const x = await upload(device, values);
    const out = device.alloc(values.byteLength);
    softmax.launch([rows], { x, out, columns, BLOCK });
    const result = await download(out, new Float32Array(rows * columns));
    const expected = reference(values, rows, columns);
    report(
      `softmax: ${rows} rows of ${columns} on ${device.name}`,
      worstError(result, (i) => expected[i] as number),
      2e-6,
    );
  }
}

import { Device, download, upload } from "tilescript/runtime";
import { randoms, report, worstError } from "./numbers.js";
import * as kernels from "./online-softmax.kernel.js";

/** Softmax of rows that are longer than a block, and of one that is shorter. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { onlineSoftmax } = await device.load(kernels);
  for (const [rows, columns] of [
    [8, 5003],
    [3, 100],
  ] as const) {
    const values = randoms(rows * columns, 19).map((value) => value * 10);
    const x = await upload(device, values);
    const out = device.alloc(values.byteLength);
    onlineSoftmax.launch([rows], { x, out, columns, BLOCK: 1024 });
    const result = await download(out, new Float32Array(values.length));
    const weights = Float64Array.from(values, (value) => Math.exp(value));
    const totals = Array.from({ length: rows }, (_, row) =>
      weights.subarray(row * columns, (row + 1) * columns).reduce((a, b) => a + b),
    );
    const error = worstError(result, (i) => (weights[i] as number) / (totals[Math.floor(i / columns)] as number));
    report(`online-softmax: ${rows} rows of ${columns} on ${device.name}`, error, 5e-6);
  }
}

import { cdiv, Device, download, upload } from "tilescript/runtime";
import { randoms, report, worstError } from "./numbers.js";
import * as kernels from "./vector-add.kernel.js";

/** Adds two vectors whose length no block size divides. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { vectorAdd } = await device.load(kernels);
  const n = 100_003;
  const x = randoms(n, 1);
  const y = randoms(n, 2);
  const a = await upload(device, x);
  const b = await upload(device, y);
  const out = device.alloc(4 * n);
  vectorAdd.launch([cdiv(n, 1024)], { a, b, out, n, BLOCK: 1024 });
  const result = await download(out, new Float32Array(n));
  const error = worstError(result, (i) => (x[i] as number) + (y[i] as number));
  report(`vector-add: ${n} elements on ${device.name}`, error, 1e-7);
}

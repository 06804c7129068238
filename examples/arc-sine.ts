import { cdiv, Device, download, upload } from "tilescript/runtime";
import * as kernels from "./arc-sine.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

/** Arc sines of numbers from −1 to 1, both ends among them; beyond there is none. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { arcSine } = await device.load(kernels);
  const n = 98_432;
  const values = randoms(n, 16);
  values.set([-1, 1, 0, 1.5]);
  const x = await upload(device, values);
  const out = device.alloc(4 * n);
  arcSine.launch([cdiv(n, 1024)], { x, out, n, BLOCK: 1024 });
  const result = await download(out, new Float32Array(n));
  if (!Number.isNaN(result[3])) throw new Error(`arc-sine: wrong results, asin(1.5) is ${result[3]} and not NaN`);
  result[3] = values[3] = 0;
  const error = worstError(result, (i) => Math.asin(values[i] as number));
  report(`arc-sine: ${n} numbers on ${device.name}`, error, 5e-7);
}

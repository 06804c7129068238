import { Device, download, upload } from "tilescript/runtime";
import * as kernels from "./linear-recurrence.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

/** Rows whose length no block divides, beside the loop that goes from one step to the next. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { linearRecurrence } = await device.load(kernels);
  const [rows, steps] = [6, 1000];
  const decays = randoms(rows * steps, 17).map((value) => 0.9 + 0.1 * value);
  const inputs = randoms(rows * steps, 18);
  const [a, b] = [await upload(device, decays), await upload(device, inputs)];
  const h = device.alloc(inputs.byteLength);
  linearRecurrence.launch([rows], { a, b, h, steps, BLOCK: 256 });
  const result = await download(h, new Float32Array(rows * steps));
  const expected = new Float64Array(rows * steps);
  for (let i = 0; i < expected.length; i++) {
    const before = i % steps === 0 ? 0 : (expected[i - 1] as number);
    expected[i] = (decays[i] as number) * before + (inputs[i] as number);
  }
  report(
    `linear-recurrence: ${rows} rows of ${steps} steps on ${device.name}`,
    worstError(result, (i) => expected[i] as number),
    2e-6,
  );
}

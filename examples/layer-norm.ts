import { Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as kernels from "./layer-norm.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

const EPSILON = 1e-5;

function reference(x: Float32Array, scale: Float32Array, shift: Float32Array): (index: number) => number {
  const columns = scale.length;
  const rows = Array.from({ length: x.length / columns }, (_, row) => {
    const values = x.subarray(row * columns, (row + 1) * columns);
    const mean = values.reduce((a, b) => a + b, 0) / columns;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / columns;
    return { mean, inverse: 1 / Math.sqrt(variance + EPSILON) };
  });
  return (index) => {
    const { mean, inverse } = rows[Math.floor(index / columns)] as (typeof rows)[number];
    const column = index % columns;
    return ((x[index] as number) - mean) * inverse * (scale[column] as number) + (shift[column] as number);
  };
}

/** One generic kernel, built for f32 and for bf16: the dtypes in the launch choose the build. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { layerNorm } = await device.load(kernels);
  const [rows, columns] = [50, 576];
  const values = randoms(rows * columns, 6).map((value) => value * 3 + 1);
  const scales = randoms(columns, 7);
  const shifts = randoms(columns, 8);
  const scale = await upload(device, scales);
  const shift = await upload(device, shifts);
  const mean = device.alloc(4 * rows);
  const inverse = device.alloc(4 * rows);
  const common = { scale, shift, mean, inverse, columns, epsilon: EPSILON, BLOCK: 1024 };

  const x = await upload(device, values);
  const out = device.alloc(values.byteLength);
  layerNorm.launch([rows], { ...common, x, out, T: "f32" });
  const result = await download(out, new Float32Array(rows * columns));
  report(
    `layer-norm: ${rows} rows of ${columns} in f32 on ${device.name}`,
    worstError(result, reference(values, scales, shifts)),
    2e-6,
  );

  const bits = toBits("bf16", values);
  const xBits = await upload(device, bits);
  const outBits = device.alloc(bits.byteLength);
  layerNorm.launch([rows], { ...common, x: xBits, out: outBits, T: "bf16" });
  const rounded = fromBits("bf16", await download(outBits, new Uint16Array(rows * columns)));
  const expected = reference(fromBits("bf16", bits), scales, shifts);
  report(`layer-norm: ${rows} rows of ${columns} in bf16 on ${device.name}`, worstError(rounded, expected), 1e-2);
}

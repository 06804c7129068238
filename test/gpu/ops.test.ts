import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DType, isFloat } from "../../compiler/ir/index.js";
import { type Device, download, upload } from "../../runtime/index.js";
import { bundle, openBoth } from "./devices.js";
import { type OpKernel, opKernels } from "./op-kernels.js";
import { asNumbers, elements, operand, room } from "./values.js";

/** How far apart the devices may be, as a part of the largest value: GPUs approximate exp, sin and their kin. */
const TOLERANCE: Partial<Record<DType, number>> = { f64: 1e-6, f32: 2e-6, f16: 2e-3, bf16: 1e-2 };

/** What tensor cores multiply in fewer bits (tf32 keeps ten) or round after each step, and what is fast: test/cases/libdevice.ts has its bounds. */
const LOOSE: readonly (readonly [RegExp, number])[] = [
  [/tf32$/, 2e-3],
  [/bf16x3$/, 1e-4],
  [/^dot .* in f16$/, 4e-3],
  [/in fewer bits$/, 2e-3],
  [/^fastTan f32$/, 1e-4],
  [/^fast.* f32$/, 1e-5],
  [/^rcp64h/, 4e-6],
];
const tolerance = (title: string, dtype: DType): number =>
  LOOSE.find(([pattern]) => pattern.test(title))?.[1] ?? TOLERANCE[dtype] ?? 0;

/** Shifting by a negative amount and casting a negative number to an unsigned dtype are undefined. */
const DEFINED_FOR_POSITIVE = /^shift|^cast \w+ u\d+$/;

/** Runs the kernel on a device and gives its results as numbers. */
async function results(
  { title, kernel, operands, results: types }: OpKernel,
  device: Device,
  loaded: Awaited<ReturnType<Device["load"]>>,
): Promise<Float64Array[]> {
  const inputs = await Promise.all(
    operands.map(({ dtype, shape }, index) =>
      upload(device, operand(dtype, elements(shape), index + 1, !DEFINED_FOR_POSITIVE.test(title))),
    ),
  );
  const outputs = types.map(({ dtype, shape }) => ({ dtype, data: room(dtype, elements(shape)) }));
  const buffers = await Promise.all(outputs.map(({ data }) => upload(device, data)));
  const args = Object.fromEntries([...inputs, ...buffers].map((buffer, index) => [kernel.params[index]!.name, buffer]));
  loaded.kernel(kernel.name).launch([1], args);
  const read = await Promise.all(
    outputs.map(async ({ dtype, data }, index) => asNumbers(dtype, await download(buffers[index]!, data))),
  );
  for (const buffer of [...inputs, ...buffers]) buffer.free();
  return read;
}

function compare(title: string, dtype: DType, gpu: Float64Array, cpu: Float64Array): void {
  const largest = cpu.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  const limit = isFloat(dtype) ? tolerance(title, dtype) * largest : 0;
  gpu.forEach((value, index) => {
    const same = Object.is(value, cpu[index]) || value === cpu[index] || Math.abs(value - cpu[index]!) <= limit;
    assert.ok(same, `element ${index} is ${value} on the GPU and ${cpu[index]} on the CPU executor`);
  });
}

let both: Awaited<ReturnType<typeof openBoth>>;
before(async () => {
  both = await openBoth(bundle("ops"));
});
after(() => both.close());

for (const one of opKernels)
  test(one.title, async () => {
    const gpu = await results(one, both.gpu, both.onGpu);
    const cpu = await results(one, both.cpu, both.onCpu);
    for (const [index, { dtype }] of one.results.entries()) compare(one.title, dtype, gpu[index]!, cpu[index]!);
  });

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { build } from "../../../compiler/build/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import { download, LaunchError, upload } from "../../../runtime/index.js";
import type * as kernels from "../../cases/optional-launch.kernel.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { openFake } from "../native/fake-driver.js";

const { fake } = openFake();
const bundle = join(temporaryFolder("optional"), "bundle");
const file = fileURLToPath(new URL("../../cases/optional-launch.kernel.ts", import.meta.url));
beforeAll(() => build({ files: [file], arch: [90], out: bundle }), 900_000);
beforeEach(() => fake.reset());

let cpu: CpuDevice;
beforeAll(async () => {
  cpu = await CpuDevice.open({ threads: 2 });
});
afterAll(() => cpu.close());

const ones = new Float32Array(256).fill(1);

test("a launch leaves a parameter out, gives undefined or null for it, or gives it, on the CPU executor", async () => {
  const { increase } = await cpu.load<typeof kernels>(bundle as never);
  const x = await upload(cpu, new Float32Array(16));
  const bias = await upload(
    cpu,
    Float32Array.from({ length: 16 }, (_, i) => i),
  );
  const block = { buffer: await upload(cpu, ones), shape: [16, 16], strides: [16, 1] };
  const now = async () => (await download(x, new Float32Array(16)))[2];
  increase.launch([1], { x });
  increase.launch([1], { x, bias: undefined, n: null });
  expect(await now()).toBe(0);
  increase.launch([1], { x, n: 10 });
  expect(await now()).toBe(10);
  increase.launch([1], { x, bias, n: 100, block });
  expect(await now()).toBe(10 + 2 + 100 + 16);
  const prepared = increase.prepare([1], { x, bias });
  prepared.run();
  prepared.set("bias", undefined);
  prepared.run();
  expect(await now()).toBe(128 + 2);
  prepared.set("bias", bias);
  prepared.run();
  expect(await now()).toBe(130 + 2);
  expect(() => increase.launch([1], { x, bias: 3 as never })).toThrow(LaunchError);
  expect(() => increase.launch([1], { x: undefined as never, bias })).toThrow("parameter x: expected a buffer");
});

test("on a GPU it runs a cubin that has no argument for what is left out", async () => {
  using device = CudaDevice.open();
  const { increase } = await device.load<typeof kernels>(bundle as never);
  const [x, bias, odd] = [device.alloc(64), device.alloc(64), device.alloc(128).view(4)];
  const block = { buffer: device.alloc(1024), shape: [16, 16], strides: [16, 1] };
  const sizes = (): number[] => {
    const last = fake.launches().at(-1)!.split("params=")[1]!.split(",");
    return last.map((one) => one.length / 2);
  };
  increase.launch([1], { x });
  expect(sizes()).toEqual([8, 8, 8]);
  increase.launch([1], { x, n: 3, bias: null });
  expect(sizes()).toEqual([8, 4, 8, 8]);
  increase.launch([1], { x, bias, n: 3, block });
  expect(sizes()).toEqual([8, 8, 128, 4, 4, 8, 8, 4, 8, 8]);
  // Of each there are cubins for what is aligned, and for what is not.
  increase.launch([1], { x, bias: odd });
  expect(sizes()).toEqual([8, 8, 8, 8]);
  const prepared = increase.prepare([1], { x, bias });
  prepared.set("bias", undefined);
  prepared.run();
  expect(sizes()).toEqual([8, 8, 8]);
  expect(() => increase.launch([1], { x, bias: 3 as never })).toThrow("parameter bias: expected a buffer");
});

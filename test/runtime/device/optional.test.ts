import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { build } from "../../../compiler/build/index.js";
import { type Manifest, readManifest, type Tuned } from "../../../compiler/bundle/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import { cdiv, type Device, download, LaunchError, upload } from "../../../runtime/index.js";
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

/** Small launches were the fastest with the small tile where there is no bias, and with the large one where there is. */
const WINNERS = [
  [16, { B: 16, bias: false }],
  [1024, { B: 64, bias: false }],
  [16, { B: 64, bias: true }],
  [1024, { B: 16, bias: true }],
] as const;

/** The bundle with what `tilescript tune` would have measured on the device. */
function tunedOn({ name, arch }: Device): string {
  const folder = join(temporaryFolder("optional-tuned"), "bundle");
  cpSync(bundle, folder, { recursive: true });
  const { manifest } = readManifest(bundle);
  const kernels = manifest.kernels.map((entry): Manifest["kernels"][number] => {
    if (entry.name !== "tiled") return entry;
    const tuned = WINNERS.map(([n, { B, bias }]): Tuned => {
      const build = entry.builds.findIndex(({ constants }) => constants.B === B && constants.bias === bias);
      return { device: name, arch, shape: { n }, build };
    });
    return { ...entry, tuned };
  });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...manifest, kernels }));
  return folder;
}

test("a launch that leaves out a parameter, and a constant to tuning, takes what was measured without it, on the CPU executor", async () => {
  const [x, bias] = await Promise.all([
    upload(cpu, new Float32Array(1024)),
    upload(cpu, new Float32Array(1024).fill(10)),
  ]);
  const now = async () => [...new Set(await download(x, new Float32Array(1024)))];
  const first = (await cpu.load<typeof kernels>(bundle as never)).tiled;
  expect(first.prepare(({ B }) => [1024 / B], { x, n: 1024 }).build.constants).toEqual({ B: 16, bias: false });
  const { tiled } = await cpu.load<typeof kernels>(tunedOn(cpu) as never);
  for (const [n, constants] of WINNERS) {
    const args = { x, n, ...(constants.bias && { bias }) };
    expect(tiled.prepare(({ B }) => [cdiv(n, B)], args).build.constants).toEqual(constants);
  }
  const launch = tiled.prepare(({ B }) => [1024 / B], { x, n: 1024 });
  launch.run();
  expect(await now()).toEqual([1]);
  launch.set("bias", bias);
  expect(launch.build.constants).toEqual({ B: 16, bias: true });
  launch.run();
  expect(await now()).toEqual([12]);
  launch.set("bias", null);
  expect(launch.build.constants).toEqual({ B: 64, bias: false });
  launch.run();
  expect(await now()).toEqual([13]);
  tiled.launch([1024 / 32], { x, bias, n: 1024, B: 32 });
  expect(await now()).toEqual([24]);
});

test("and on a GPU", async () => {
  using device = CudaDevice.open();
  const [x, bias] = [device.alloc(4096), device.alloc(4096)];
  const last = () => /grid=(\d+),1,1 block=(\d+),1,1 .*params=(.*)$/.exec(fake.launches().at(-1)!)!.slice(1);
  const shown = (): string => {
    const [grid, block, params] = last();
    return `${grid} × ${block}, ${params!.split(",").map((one) => one.length / 2)}`;
  };
  const first = (await device.load<typeof kernels>(bundle as never)).tiled;
  first.launch(({ B }) => [1024 / B], { x, n: 1024 });
  expect(shown()).toBe("64 × 128, 8,4,8,8");
  const { tiled } = await device.load<typeof kernels>(tunedOn(device) as never);
  const launched = WINNERS.map(([n, { bias: isGiven }]) => {
    tiled.launch(({ B }) => [cdiv(n, B)], { x, n, ...(isGiven && { bias }) });
    return shown();
  });
  expect(launched).toEqual(["1 × 128, 8,4,8,8", "16 × 256, 8,4,8,8", "1 × 256, 8,8,4,8,8", "64 × 128, 8,8,4,8,8"]);
  const launch = tiled.prepare(({ B }) => [1024 / B], { x, n: 1024, bias });
  launch.set("bias", undefined);
  launch.run();
  expect(shown()).toBe("16 × 256, 8,4,8,8");
  tiled.launch([16], { x, bias, n: 1024, B: 64 });
  expect(shown()).toBe("16 × 256, 8,8,4,8,8");
  expect(() => tiled.launch([1], { x, n: 16, B: 8 })).toThrow("B: expected a value that was built");
});

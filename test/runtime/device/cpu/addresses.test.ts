import { afterAll, beforeAll, expect, test } from "vitest";
import { createFrontend } from "../../../../compiler/frontend/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../../../runtime/device/device.js";
import { download, upload } from "../../../../runtime/index.js";

const SOURCE = `import { arange, type Int, kernel, load, type Ptr, store, toPointer } from "tilescript";
export const copyFrom = kernel(({ table, out, n }: { table: Ptr<"i64">; out: Ptr<"f32">; n: Int }) => {
  const at = arange(0, 16);
  store(out + at, load(toPointer(load(table), "f32") + at, { mask: at < n, other: -1 }));
});`;
const file = "/addresses.kernel.ts";
const { drafts } = createFrontend({ texts: new Map([[file, SOURCE]]) }).lower([file], { root: "/" });
const kernels = drafts.map((draft) => inferTypes(draft).kernel);

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterAll(() => device.close());

const launched = async (address: bigint, n: number, on = device): Promise<number[]> => {
  const out = on.alloc(64);
  const table = await upload(on, BigInt64Array.of(address));
  on.loadKernels(kernels).kernel("copyFrom").launch([1], { table, out, n });
  return [...(await download(out, new Float32Array(16)))];
};
const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i + 1);

test("an address reaches to the end of its buffer, from wherever in it", async () => {
  const buffer = await upload(device, numbers(16));
  expect(await launched(buffer.address, 16)).toEqual([...numbers(16)]);
  const part = buffer.view(48);
  expect(await launched(part.address, 4)).toEqual([13, 14, 15, 16, ...new Array(12).fill(-1)]);
  await expect(launched(part.address, 5)).rejects.toThrow(
    /copyFrom: load from address \d+ at addresses.kernel.ts:4:\d+ reaches element 4, which is in no buffer/,
  );
});

test("an address of no buffer, and that of one that is freed, are errors of the launch", async () => {
  await expect(launched(12345n, 1)).rejects.toThrow("address 12345");
  await expect(launched(2n ** 40n, 1)).rejects.toThrow("which is in no buffer");
  await expect(launched(-8n, 1)).rejects.toThrow("which is in no buffer");
  expect(await launched(12345n, 0)).toEqual(new Array(16).fill(-1));
  const buffer: DeviceBuffer = await upload(device, numbers(16));
  const table = await upload(device, BigInt64Array.of(buffer.address));
  const prepared = device
    .loadKernels(kernels)
    .kernel("copyFrom")
    .prepare([1], { table, out: device.alloc(64), n: 1 });
  prepared.run();
  await device.synchronize();
  buffer.free();
  prepared.run();
  await expect(device.synchronize()).rejects.toThrow("which is in no buffer");
});

test("memory that grows is there as far as it has grown, for a graph too", async () => {
  const growing = device.reserve(4096);
  growing.grow(32);
  await device.write(growing.view(0, 32), numbers(8));
  expect((await launched(growing.address, 8)).slice(0, 9)).toEqual([...numbers(8), -1]);
  await expect(launched(growing.address, 9)).rejects.toThrow("reaches element 8");
  const out = device.alloc(64);
  const table = await upload(device, BigInt64Array.of(growing.address));
  const kernel = device.loadKernels(kernels).kernel("copyFrom");
  const graph = device.capture(() => kernel.launch([1], { table, out, n: 16 }));
  growing.grow(64);
  await device.write(growing.view(0, 64), numbers(16));
  graph.replay();
  expect([...(await download(out, new Float32Array(16)))]).toEqual([...numbers(16)]);
});

test("a checked device finds that memory behind an address was never written", async () => {
  using checked = await CpuDevice.open({ threads: 1, store: null, checked: true });
  const buffer = await upload(checked, numbers(16));
  expect((await launched(buffer.address, 16, checked))[15]).toBe(16);
  await expect(launched(checked.alloc(64).address, 1, checked)).rejects.toThrow(/written/);
});

/** CPU devices that share one memory: what is lent, what is refused, and that each goes on without the others. */

import { expect, test } from "vitest";
import { createFrontend } from "../../../../compiler/frontend/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../../../runtime/device/device.js";
import { download, upload } from "../../../../runtime/index.js";

const SOURCE = `import { arange, type Int, kernel, load, type Ptr, store, toPointer } from "tilescript";
export const copyFrom = kernel(({ table, out, n }: { table: Ptr<"i64">; out: Ptr<"f32">; n: Int }) => {
  const at = arange(0, 16);
  store(out + at, load(toPointer(load(table), "f32") + at, { mask: at < n, other: -1 }));
});
export const add = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => {
  const at = arange(0, 16);
  store(x + at, load(x + at, { mask: at < n }) + 1, { mask: at < n });
});`;
const file = "/beside.kernel.ts";
const { drafts } = createFrontend({ texts: new Map([[file, SOURCE]]) }).lower([file], { root: "/" });
const kernels = drafts.map((draft) => inferTypes(draft).kernel);

const open = (beside?: CpuDevice) => CpuDevice.open({ threads: 1, store: null, ...(beside && { beside }) });
const add = (device: CpuDevice, x: DeviceBuffer, n: number) =>
  device.loadKernels(kernels).kernel("add").launch([1], { x, n });
const ones = () => new Float32Array(16).fill(1);

test("a buffer that is lent is the same memory, with the same bounds; one that is not lent is refused", async () => {
  const first = await open();
  const second = await open(first);
  const x = await upload(first, ones());
  expect(() => add(second, x, 16)).toThrow(/a buffer of another device/);
  const lent = second.lend(x);
  expect(lent.address).toBe(x.address);
  add(second, lent, 16);
  await second.synchronize();
  add(first, x, 8);
  expect([...(await download(x, ones()))]).toEqual([...Array(8).fill(3), ...Array(8).fill(2)]);
  add(second, second.lend(x.view(32)), 9);
  await expect(second.synchronize()).rejects.toThrow(/reaches element 8 of 8/);
  const stranger = await open();
  expect(() => stranger.lend(x)).toThrow(/another device/);
  for (const device of [first, second, stranger]) device.close();
});

test("kernels that make pointers from addresses reach what was lent, and nothing else of the others", async () => {
  const first = await open();
  const second = await open(first);
  const [x, other] = [await upload(first, ones()), await upload(first, ones())];
  const lent = second.lend(x);
  const from = async ({ address }: DeviceBuffer, n: number) => {
    const out = second.alloc(64);
    const table = await upload(second, BigInt64Array.of(address));
    second.loadKernels(kernels).kernel("copyFrom").launch([1], { table, out, n });
    return [...(await download(out, ones()))];
  };
  expect(await from(x, 16)).toEqual([...ones()]);
  await expect(from(other, 16)).rejects.toThrow(/which is in no buffer/);
  x.free();
  expect(() => lent.view(0)).toThrow(/after it was freed/);
  expect(() => add(second, lent, 16)).toThrow(/a buffer that has been freed/);
  first.close();
  second.close();
});

test("what is freed stays as long as work on any of the devices may use it", async () => {
  const first = await open();
  const second = await open(first);
  const { free } = first.memory();
  const x = await upload(first, new Float32Array(1 << 20).fill(1));
  const lent = second.lend(x);
  // The second device still waits for its kernel to be compiled.
  add(second, lent, 16);
  x.free();
  const next = await upload(first, new Float32Array(1 << 20).fill(5));
  expect(next.address).not.toBe(lent.address);
  await second.synchronize();
  expect([...(await download(next.view(0, 64), ones()))]).toEqual(new Array(16).fill(5));
  next.free();
  second.memory();
  // Scratch of its worker, the commands of the second device's and little else.
  expect(free - first.memory().free).toBeLessThan(8 << 20);
  first.close();
  second.close();
});

test("closing one leaves the others as they are", async () => {
  const first = await open();
  const second = await open(first);
  const x = await upload(second, ones());
  const ofFirst = second.lend(await upload(first, ones()));
  first.close();
  expect(() => ofFirst.view(0)).toThrow(/after it was freed/);
  add(second, x, 16);
  expect([...(await download(x, ones()))]).toEqual(new Array(16).fill(2));
  await expect(open(first)).rejects.toThrow(/beside one that is closed/);
  const third = await open(second);
  expect(third.lend(x).address).toBe(x.address);
  second.close();
  third.close();
});

test("a checked device stands alone", async () => {
  const checked = await CpuDevice.open({ threads: 1, checked: true });
  await expect(open(checked)).rejects.toThrow(/knows nothing of what others write/);
  checked.close();
});

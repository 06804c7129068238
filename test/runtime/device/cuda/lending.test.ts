/** Buffers of one GPU for kernels of another. */
import { beforeEach, expect, it } from "vitest";
import { CudaDevice, CudaGroup } from "../../../../runtime/device/cuda/index.js";
import type { DeviceBuffer } from "../../../../runtime/device/device.js";
import { DeviceError } from "../../../../runtime/device/errors.js";
import { openFake } from "../../native/fake-driver.js";
import { type FakeKernel, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();
const MiB = 2 ** 20;

beforeEach(() => {
  fake.reset();
  fake.set("DEVICES", 3);
});

const append: FakeKernel = { name: "append", params: [pointer("out", "i32"), scalar("digit")], variants: [{}] };
const stuck: FakeKernel = { name: "endless", params: [scalar("n")], variants: [{}] };

const nothingLeft = () => expect.poll(() => fake.live(), { interval: 1 }).toEqual([]);

async function withGroup(ordinals: readonly number[], body: (group: CudaGroup) => Promise<void>): Promise<void> {
  {
    using group = CudaGroup.open(ordinals);
    await body(group);
  }
  await nothingLeft();
}

const appendOf = async (device: CudaDevice) => (await device.load(fakeBundle([append]))).kernel("append");

async function word(device: CudaDevice, from: DeviceBuffer): Promise<number> {
  const into = new Int32Array(1);
  await device.read(from, into);
  return into[0]!;
}

const callsOf = (name: string) => fake.calls().filter((call) => call.startsWith(name));

it("are written and read where they lie, by launches, copies, fills, graphs and views", () =>
  withGroup([0, 1], async (group) => {
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    const kernel = await appendOf(second);
    const out = first.alloc(8);
    first.fill(out, 0);
    const lent = group.lend(out, 1);
    expect(lent).toMatchObject({ device: second, address: out.address, bytes: 8 });
    kernel.launch([1], { out: lent, digit: 4 });
    const graph = second.capture(() => kernel.launch([1], { out: lent.view(4), digit: 7 }));
    graph.replay();
    const copied = second.alloc(4);
    second.copy(copied, lent, 4);
    await second.synchronize();
    expect([await word(first, out), await word(first, out.view(4)), await word(second, copied)]).toEqual([4, 7, 4]);
    expect(() => lent.view(5, 4)).toThrow("4 bytes at 5 lie outside a buffer of 8 bytes.");
  }));

it("enable peer access once for each direction, also where another has done so before", () =>
  withGroup([0, 1], async (group) => {
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    expect(callsOf("cuCtxEnablePeerAccess")).toEqual(["cuCtxEnablePeerAccess 0 1", "cuCtxEnablePeerAccess 1 0"]);
    second.lend(first.alloc(4));
    second.lend(first.alloc(4));
    expect(callsOf("cuCtxEnablePeerAccess")).toHaveLength(2);
    using again = CudaGroup.open([0, 1]);
    expect(callsOf("cuCtxEnablePeerAccess")).toHaveLength(4);
    expect(await word(second, second.lend(first.alloc(4)))).toBeTypeOf("number");
    again.close();
  }));

it("are refused where a pair does not reach each other, naming both", async () => {
  fake.set("PEERS 1 2", 0);
  {
    using first = CudaDevice.open({ ordinal: 1 });
    using second = CudaDevice.open({ ordinal: 2 });
    const lend = () => first.lend(second.alloc(4));
    expect(lend).toThrow("Fake GPU (GPU 1) cannot reach the memory of Fake GPU (GPU 2). tilescript doctor says which");
    expect(lend).toThrow(DeviceError);
    second.lend(first.alloc(4));
    expect(() => first.lend({} as never)).toThrow("Expected a buffer of Fake GPU, got an object");
  }
  expect(() => CudaGroup.open([0, 1, 2])).toThrow("Fake GPU (GPU 1) cannot reach the memory of Fake GPU (GPU 2).");
  expect(() => CudaGroup.open([])).toThrow("A group has one device or more.");
  expect(() => CudaGroup.open([0, 7])).toThrow("cuDeviceGet(7)");
  await nothingLeft();
});

it("end with the buffer, whose memory stays until the borrower's queue has passed", () =>
  withGroup([0, 1], async (group) => {
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    const kernel = await appendOf(second);
    const endless = (await second.load(fakeBundle([stuck]))).kernel("endless");
    const out = first.alloc(4);
    const lent = group.lend(out, 1);
    const launch = kernel.prepare([1], { out: lent, digit: 1 });
    const graph = second.capture(() => launch.run());
    lent.free();
    endless.launch([1], { n: 1 });
    launch.run();
    out.free();
    expect(fake.live()).toContain("memory 1");
    expect(() => launch.run()).toThrow("got a buffer that has been freed");
    expect(() => graph.replay()).toThrow("A graph was replayed after a buffer that it uses was freed");
    expect(() => group.lend(out, 1)).toThrow("used after it was freed");
    fake.set("ENDLESS", 0);
    await expect.poll(() => fake.live()).not.toContain("memory 1");
    expect(fake.launches().filter((line) => line.startsWith("append"))).toHaveLength(1);
  }));

it.each(["owner", "borrower"])("stay right whichever is closed first: the %s", (who) =>
  withGroup([0, 1], async (group) => {
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    const kernel = await appendOf(second);
    const endless = (await second.load(fakeBundle([stuck]))).kernel("endless");
    const out = first.reserve(8 * MiB);
    out.grow(4);
    first.fill(out, 0);
    const lent = group.lend(out, 1);
    endless.launch([1], { n: 1 });
    kernel.launch([1], { out: lent, digit: 1 });
    if (who === "owner") {
      first.close();
      expect(() => kernel.launch([1], { out: lent, digit: 1 })).toThrow("got a buffer that has been freed");
      // The context of the first stays as long as its memory is used.
      expect(fake.live()).toEqual(expect.arrayContaining(["contexts 2", "pages 1"]));
      fake.set("ENDLESS", 0);
      await expect.poll(() => fake.live()).toContain("contexts 1");
      const own = second.alloc(4);
      second.fill(own, 0);
      kernel.launch([1], { out: own, digit: 2 });
      expect(await word(second, own)).toBe(2);
    } else {
      second.close();
      fake.set("ENDLESS", 0);
      await expect.poll(() => fake.live()).toContain("contexts 1");
      expect(await word(first, out.view(0, 4))).toBe(1);
      out.grow(6 * MiB);
      out.free();
    }
  }),
);

it("grow where they lie, in what was lent before too", () =>
  withGroup([0, 1], async (group) => {
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    const kernel = await appendOf(second);
    const out = first.reserve(8 * MiB, { step: 1 });
    out.grow(2 * MiB);
    const lent = group.lend(out, 1);
    expect(lent.bytes).toBe(2 * MiB);
    out.grow(6 * MiB);
    expect(lent.bytes).toBe(6 * MiB);
    for (const at of [0, 4 * MiB]) {
      first.fill(out.view(at, 4), 0);
      kernel.launch([1], { out: lent.view(at), digit: 3 });
      await second.synchronize();
      expect(await word(first, out.view(at))).toBe(3);
    }
  }));

it("are lent on, and back", () =>
  withGroup([0, 1, 2], async (group) => {
    const [first, , third] = group.devices as [CudaDevice, CudaDevice, CudaDevice];
    const out = first.alloc(4);
    first.fill(out, 0);
    const second = group.lend(out, 1);
    (await appendOf(third)).launch([1], { out: group.lend(second, 2), digit: 5 });
    await third.synchronize();
    (await appendOf(first)).launch([1], { out: group.lend(second, 0), digit: 6 });
    expect(await word(first, out)).toBe(56);
  }));

it("serve several ranks on one GPU", () =>
  withGroup([0, 0], async (group) => {
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    const out = first.alloc(4);
    first.fill(out, 0);
    (await appendOf(second)).launch([1], { out: group.lend(out, 1), digit: 9 });
    await second.synchronize();
    expect(await word(first, out)).toBe(9);
    expect(callsOf("cuCtxEnablePeerAccess")).toEqual([]);
  }));

it("of the host are a word that it changes while kernels run", () =>
  withGroup([0, 1], async (group) => {
    const second = group.devices[1]!;
    const flag = group.hostWord();
    const endless = (await second.load(fakeBundle([stuck]))).kernel("endless");
    const seen = second.alloc(4);
    endless.launch([1], { n: 1 });
    second.copy(seen, flag.on(1), 4);
    flag.set(77);
    fake.set("ENDLESS", 0);
    expect(await word(second, seen)).toBe(77);
    expect(flag.on(0).address).toBe(flag.on(1).address);
    const kernel = await appendOf(second);
    kernel.launch([1], { out: flag.on(1), digit: 1 });
    await second.synchronize();
    expect(await word(group.devices[0]!, flag.on(0))).toBe(771);
    const { length } = fake.live();
    flag.free();
    flag.free();
    expect(fake.live()).toHaveLength(length);
    expect(() => flag.on(1)).toThrow("used after it was freed");
    expect(() => flag.set(1)).toThrow("after it was freed");
  }));

it("of the host are set until the last GPU is closed, so that who is left can be told", async () => {
  const group = CudaGroup.open([0, 1]);
  const [first, second] = group.devices as [CudaDevice, CudaDevice];
  const flag = group.hostWord();
  const seen = second.alloc(4);
  const lent = flag.on(1);
  (await second.load(fakeBundle([stuck]))).kernel("endless").launch([1], { n: 1 });
  second.copy(seen, lent, 4);
  first.close();
  flag.set(5);
  fake.set("ENDLESS", 0);
  expect(await word(second, seen)).toBe(5);
  second.close();
  flag.set(6);
  await nothingLeft();
});

it("stay for good where the borrower's work never ends", async () => {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const told = new Promise<Error>((resolve) =>
    process.once("unhandledRejection", (reason) => resolve(reason as Error)),
  );
  const first = CudaDevice.open({ ordinal: 0 });
  const second = CudaDevice.open({ ordinal: 1, closeLimit: 50 });
  second.lend(first.alloc(4));
  (await second.load(fakeBundle([stuck]))).kernel("endless").launch([1], { n: 1 });
  second.close();
  expect((await told).message).toContain("a kernel had still not ended 0.05 s later");
  for (const other of others) process.on("unhandledRejection", other);
  first.close();
  expect(fake.live()).toEqual(expect.arrayContaining(["contexts 2", "memory 1"]));
});

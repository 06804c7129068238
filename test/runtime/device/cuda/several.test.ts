/** Several GPUs in one process: each goes on by itself, whatever becomes of the others. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it } from "vitest";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import { openGguf } from "../../../../runtime/weights/index.js";
import { openFake } from "../../native/fake-driver.js";
import { ggufBytes, temporaryFile } from "../../weights/write-gguf.js";
import { type FakeKernel, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();

beforeEach(() => {
  fake.reset();
  fake.set("DEVICES", 4);
});

const append: FakeKernel = { name: "append", params: [pointer("out", "i32"), scalar("digit")], variants: [{}] };
const stuck: FakeKernel = { name: "endless", params: [scalar("n")], variants: [{}] };
const wild: FakeKernel = { name: "wild", params: [scalar("n")], variants: [{}] };

/** Runs a body on so many GPUs, after which nothing may be left. */
async function withDevices(count: number, body: (...devices: CudaDevice[]) => Promise<void>): Promise<void> {
  const devices = Array.from({ length: count }, (_, ordinal) => CudaDevice.open({ ordinal }));
  try {
    await body(...devices);
  } finally {
    for (const device of devices) device.close();
  }
  await expect.poll(() => fake.live(), { interval: 1 }).toEqual([]);
}

async function word(device: CudaDevice, from: ReturnType<CudaDevice["alloc"]>): Promise<number> {
  const into = new Int32Array(1);
  await device.read(from, into);
  return into[0]!;
}

const callsOf = (name: string) => fake.calls().filter((call) => call.startsWith(name));

it("have memory, modules and graphs of their own, used in turns", () =>
  withDevices(2, async (first, second) => {
    const folder = fakeBundle([append]);
    const bundles = await Promise.all([first.load(folder), second.load(folder)]);
    expect(callsOf("cuModuleLoadDataEx")).toHaveLength(2);
    const outs = [first, second].map((device) => device.alloc(4));
    expect([first.memory().free, second.memory().free]).toEqual([2 ** 30 - 4, 2 ** 30 - 4]);
    first.alloc(1000);
    expect([first.memory().free, second.memory().free]).toEqual([2 ** 30 - 1004, 2 ** 30 - 4]);
    await Promise.all([first.write(outs[0]!, Int32Array.of(1)), second.write(outs[1]!, Int32Array.of(2))]);
    const kernels = bundles.map((bundle) => bundle.kernel("append"));
    const graphs = [first, second].map((device, at) =>
      device.capture(() => kernels[at]!.launch([1], { out: outs[at]!, digit: 5 + at })),
    );
    for (const digit of [3, 4]) for (const at of [0, 1]) kernels[at]!.launch([1], { out: outs[at]!, digit });
    for (const graph of graphs) graph.replay();
    expect(await Promise.all([word(first, outs[0]!), word(second, outs[1]!)])).toEqual([1345, 2346]);
    expect(await first.time(() => graphs[0]!.replay())).toBeGreaterThanOrEqual(0);
  }));

it("refuse each other's buffers, and say which card is which", () =>
  withDevices(2, async (first, second) => {
    const kernel = (await second.load(fakeBundle([append]))).kernel("append");
    const out = first.alloc(4);
    expect(() => second.fill(out, 0)).toThrow(
      "A buffer of another device (Fake GPU (GPU 0)) was given to Fake GPU (GPU 1).",
    );
    expect(() => kernel.launch([1], { out, digit: 1 })).toThrow(
      "append, parameter out: expected a buffer of Fake GPU (GPU 1), got a buffer of another device (Fake GPU (GPU 0))",
    );
  }));

it("read files at the same time", () =>
  withDevices(2, async (...devices) => {
    const data = Uint8Array.from({ length: 4000 }, (_, index) => index * 7);
    using file = openGguf(
      temporaryFile(ggufBytes({ tensors: [{ name: "a", type: 0, dims: [1000], offset: 0 }], data })),
    );
    const copies = devices.map((device) => ({ to: device.alloc(4000), ...file.stretch(file.tensor("a")) }));
    await Promise.all(devices.map((device, at) => device.upload([copies[at]!])));
    for (const [at, device] of devices.entries()) {
      const into = new Uint8Array(4000);
      await device.read(copies[at]!.to, into);
      expect(Buffer.from(into).equals(data)).toBe(true);
    }
  }));

it.each([0, 1])("go on when GPU %i is closed, at once or while it works", (ordinal) =>
  withDevices(2, async (...devices) => {
    const [closed, other] = [devices[ordinal]!, devices[1 - ordinal]!];
    const kernel = (await other.load(fakeBundle([append]))).kernel("append");
    const endless = (await closed.load(fakeBundle([stuck]))).kernel("endless");
    const out = other.alloc(4);
    other.fill(out, 0);
    closed.reserve(8 << 20).grow(1);
    endless.launch([1], { n: 1 });
    closed.close();
    kernel.launch([1], { out, digit: 6 });
    expect(await word(other, out)).toBe(6);
    fake.set("ENDLESS", 0);
    await expect.poll(() => callsOf(`cuDevicePrimaryCtxRelease_v2 ${ordinal}`)).toHaveLength(1);
    kernel.launch([1], { out, digit: 7 });
    other.alloc(100).free();
    expect(await word(other, out)).toBe(67);
  }),
);

it("go on when one has lost its context", () =>
  withDevices(2, async (first, second) => {
    const lose = (await first.load(fakeBundle([wild]))).kernel("wild");
    const kernel = (await second.load(fakeBundle([append]))).kernel("append");
    const out = second.alloc(4);
    second.fill(out, 0);
    lose.launch([1], { n: 1 });
    await expect(first.synchronize()).rejects.toThrow(expect.objectContaining({ name: "CUDA_ERROR_ILLEGAL_ADDRESS" }));
    kernel.launch([1], { out, digit: 8 });
    expect(await word(second, out)).toBe(8);
  }));

it("leave threads of Node's pool to others while all of them are waited for", () =>
  withDevices(4, async (...devices) => {
    for (const device of devices) (await device.load(fakeBundle([stuck]))).kernel("endless").launch([1], { n: 1 });
    let ended = 0;
    const waits = devices.map((device) => device.synchronize().then(() => void ended++));
    await expect.poll(() => callsOf("cuEventSynchronize").length).toBeGreaterThan(0);
    expect((await readFile(fileURLToPath(import.meta.url), "utf8")).length).toBeGreaterThan(100);
    expect(ended).toBe(0);
    fake.set("ENDLESS", 0);
    await Promise.all(waits);
    expect(ended).toBe(4);
  }));

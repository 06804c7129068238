/** What a model takes of a device it gives back: when it is closed, and where loading it breaks off. Nothing runs here; see test/model/memory.test.ts. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import type { Device } from "../../../runtime/device/device.js";
import { DeviceError, OutOfMemoryError } from "../../../runtime/device/errors.js";
import { assembleDecoder } from "../../../runtime/models/assemble.js";
import { cacheBytesPerToken, cacheShape } from "../../../runtime/models/cache.js";
import { BuildRecorder } from "../../../runtime/models/dry-run.js";
import { describeModel } from "../../../runtime/models/families/index.js";
import { readAttention } from "../../../runtime/reattention/index.js";
import { openCheckpoint } from "../../../runtime/weights/index.js";
import { openFake } from "../native/fake-driver.js";
import { tinyModels, writeGguf } from "./families/tiny-models.js";

const { fake } = openFake();
const MiB = 2 ** 20;
const outOfMemory = 2;

function described(name: string) {
  const checkpoint = openCheckpoint(writeGguf(tinyModels[name]!));
  const { config, weights: plan } = describeModel(checkpoint);
  return { checkpoint, config, plan };
}

const plain = described("llama");
// With windows of its own and norms of heads: more kinds of memory.
const gemma = described("gemma3");

const modes = [
  "dense",
  "reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16",
  "streaming:global=4,local=32,chunk=16",
];

/** Kernels that are launched and do nothing. */
const { kernels } = new BuildRecorder();

/** A model and a sequence of it. */
async function load(device: Device, mode: string, capacity = 512, model = gemma) {
  const decoder = await assembleDecoder(device, kernels, { ...model, capacity, attention: readAttention(mode, 8192) });
  try {
    return { decoder, runner: decoder.sequence(), close: () => decoder.close() };
  } catch (error) {
    decoder.close();
    throw error;
  }
}

const bytesPerToken = (mode: string) =>
  cacheBytesPerToken(cacheShape(gpu, plain.config, readAttention(mode, 8192), 2 ** 24));

const cpu = await CpuDevice.open({ threads: 1 });
const gpu = CudaDevice.open();
afterAll(() => {
  cpu.close();
  gpu.close();
  for (const { checkpoint } of [plain, gemma]) checkpoint.close();
});
beforeEach(() => fake.reset());

async function free(device: Device): Promise<number> {
  await device.synchronize();
  return device.memory().free;
}

/** Makes the nth call of a device's method run out of memory; gives what ends that. */
function failOnce(device: Device, method: "alloc" | "reserve" | "mirror", nth: number): () => void {
  const real: (...given: never[]) => unknown = device[method].bind(device);
  let calls = 0;
  const spy = vi.spyOn(device, method).mockImplementation((...given: unknown[]) => {
    if (++calls === nth) throw new OutOfMemoryError({ wanted: 1, free: 0, total: 1 });
    return real(...(given as never[])) as never;
  });
  return () => spy.mockRestore();
}

/** Memory and addresses that the driver has given out; pinned memory for copies stays with the device. */
const live = () => fake.live().filter((one) => /memory|pages|reservations/.test(one));

describe.each([cpu, gpu])("on the $kind device", (device) => {
  it.each(modes)("a closed model has nothing, and closes once: %s", async (mode) => {
    const [before, handles] = [await free(device), live()];
    const { runner, close } = await load(device, mode);
    runner.grow(100);
    expect(await free(device)).toBeLessThan(before);
    close();
    close();
    expect(await free(device)).toBe(before);
    expect(live()).toEqual(handles);
  });

  it("a closed model says so", async () => {
    const { decoder, runner, close } = await load(device, modes[1]!);
    close();
    const sampling = { temperature: 0, topK: 1, topP: 1, seed: 0 };
    await expect(runner.prefill([1], 0, sampling)).rejects.toThrow(DeviceError);
    expect(() => runner.step()).toThrow("after it was closed");
    expect(() => runner.token(0)).toThrow("after it was closed");
    expect(() => decoder.sequence()).toThrow("after it was closed");
  });

  it("a sequence that is dropped gives back what it took, and the model goes on", async () => {
    const { decoder, close } = await load(device, "dense");
    const before = await free(device);
    const other = decoder.sequence();
    other.grow(100);
    expect(await free(device)).toBeLessThan(before);
    decoder.drop(other);
    expect(await free(device)).toBe(before);
    expect(() => other.step()).toThrow("after it was closed");
    decoder.sequence();
    close();
  });

  it.each(modes)("a load that runs out of memory anywhere leaves nothing: %s", async (mode) => {
    const [before, handles] = [await free(device), live()];
    for (const method of ["alloc", "reserve", "mirror"] as const) {
      const spy = vi.spyOn(device, method);
      (await load(device, mode)).close();
      const count = spy.mock.calls.length;
      spy.mockRestore();
      expect(count).toBeGreaterThan(0);
      for (let nth = 1; nth <= count; nth++) {
        const restore = failOnce(device, method, nth);
        await expect(load(device, mode), `${method} #${nth}`).rejects.toThrow(OutOfMemoryError);
        restore();
        expect(await free(device), `${method} #${nth}`).toBe(before);
      }
    }
    expect(live()).toEqual(handles);
  });
});

describe("on a GPU", () => {
  it("a load leaves nothing where the driver refuses memory, addresses or a fill", async () => {
    const [before, handles] = [await free(gpu), live()];
    for (const name of ["cuMemAlloc_v2", "cuMemAddressReserve", "cuMemsetD8Async"]) {
      fake.reset();
      (await load(gpu, modes[1]!)).close();
      const count = fake.calls().filter((call) => call.split(" ")[0] === name).length;
      expect(count).toBeGreaterThan(0);
      for (let nth = 1; nth <= count; nth++) {
        fake.reset();
        fake.fail(name, nth, outOfMemory);
        await expect(load(gpu, modes[1]!), `${name} #${nth}`).rejects.toThrow();
        fake.reset();
        expect(await free(gpu)).toBe(before);
      }
    }
    expect(live()).toEqual(handles);
  });

  it("a cache that does not fit takes nothing, and what is said to fit does", async () => {
    const mode = modes[2]!;
    const { runner, close } = await load(gpu, mode, 2 ** 24, plain);
    runner.grow(1000);
    const before = await free(gpu);
    const tooMany = Math.ceil((1.2 * before) / bytesPerToken(mode));
    expect(runner.fits).toBeLessThan(tooMany);
    expect(() => runner.grow(tooMany)).toThrow(OutOfMemoryError);
    expect(await free(gpu)).toBe(before);
    const { fits } = runner;
    expect(fits * bytesPerToken(mode)).toBeGreaterThan(before - 64 * MiB);
    runner.grow(fits);
    expect(runner.fits).toBeGreaterThanOrEqual(fits);
    close();
  });

  it("what fits is said right where others take memory while the cache grows", async () => {
    const { runner, close } = await load(gpu, "dense", 2 ** 20, plain);
    fake.fail("cuMemCreate", 4, outOfMemory);
    // It is tried once more, with no more than what was wanted; the last buffer of four stays empty.
    fake.fail("cuMemMap", 4, outOfMemory);
    expect(() => runner.grow(2 ** 20)).toThrow(OutOfMemoryError);
    const { free: left } = gpu.memory();
    expect(runner.fits).toBeLessThanOrEqual(left / bytesPerToken("dense"));
    close();
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import type { GrowableBuffer } from "../../../../runtime/device/device.js";
import { DeviceError, OutOfMemoryError } from "../../../../runtime/device/errors.js";
import { openFake } from "../../native/fake-driver.js";
import { type FakeKernel, type FakeParam, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();
const MiB = 2 ** 20;

beforeEach(() => fake.reset());

/** Runs a body on a device of its own, after which nothing may be left. */
async function withDevice(body: (device: CudaDevice) => void | Promise<void>): Promise<void> {
  {
    using device = CudaDevice.open();
    await body(device);
  }
  await expect.poll(() => fake.live()).toEqual([]);
}

const append: FakeKernel = { name: "append", params: [pointer("out", "i32"), scalar("digit")], variants: [{}] };

/** Sizes of the physical memory that was made. */
const created = () =>
  fake
    .calls()
    .filter((call) => call.startsWith("cuMemCreate "))
    .map((call) => Number(call.split(" ")[1]) / MiB);

const word = async (device: CudaDevice, from: GrowableBuffer, at: number): Promise<number> => {
  const into = new Int32Array(1);
  await device.read(from.view(at, 4), into);
  return into[0]!;
};

describe("a buffer that grows", () => {
  it("commits by steps of 32 MiB up to its capacity, at one address", () =>
    withDevice((device) => {
      const buffer = device.reserve(100 * MiB);
      const { address } = buffer;
      expect(buffer).toMatchObject({ bytes: 0, committed: 0, capacity: 100 * MiB });
      expect(device.memory().free).toBe(1024 * MiB);
      for (const [wanted, committed] of [
        [1, 32],
        [32 * MiB, 32],
        [33 * MiB, 64],
        [5, 64],
        [97 * MiB, 100],
        [100 * MiB, 100],
      ] as const) {
        buffer.grow(wanted);
        expect(buffer).toMatchObject({ address, bytes: committed * MiB, committed: committed * MiB });
      }
      expect(created()).toEqual([32, 32, 36]);
      expect(device.memory().free).toBe(924 * MiB);
    }));

  it("commits by the step that was asked for, in whole pages, and shows only what was reserved", () =>
    withDevice((device) => {
      const buffer = device.reserve(5 * MiB, { step: 1 });
      buffer.grow(1);
      expect(buffer.committed).toBe(2 * MiB);
      buffer.grow(5 * MiB);
      expect(buffer.committed).toBe(5 * MiB);
      expect(created()).toEqual([2, 4]);
      expect(() => device.fill(buffer.view(5 * MiB, 1), 0)).toThrow("1 bytes at 5242880 lie outside");
    }));

  it("commits no more than was wanted where a whole step does not fit", () =>
    withDevice((device) => {
      device.reserve(2 ** 40, { step: 2 * MiB }).grow(1014 * MiB);
      const buffer = device.reserve(2 ** 40);
      buffer.grow(7 * MiB);
      expect(buffer.committed).toBe(8 * MiB);
      // The first try of a step failed.
      expect(created()).toEqual([1014, 32, 8]);
    }));

  it("says what it has, what was wanted and what is free when memory runs out, and goes on", () =>
    withDevice(async (device) => {
      const buffer = device.reserve(2 ** 40);
      buffer.grow(64 * MiB);
      await device.write(buffer, Int32Array.of(77));
      const rest = device.reserve(2 ** 40, { step: 2 * MiB });
      rest.grow(900 * MiB);
      const grow = () => buffer.grow(128 * MiB);
      expect(grow).toThrow(OutOfMemoryError);
      expect(grow).toThrow(
        "Out of memory: 128.0 MiB wanted, where 64.0 MiB are committed, 60.0 MiB of 1024.0 MiB free. Free buffers,",
      );
      expect(grow).toThrow(
        expect.objectContaining({
          ...{ wanted: 128 * MiB, committed: 64 * MiB, free: 60 * MiB, total: 1024 * MiB },
          cause: expect.objectContaining({ call: `cuMemCreate(${64 * MiB}, device 0)` }),
        }),
      );
      expect(buffer.committed).toBe(64 * MiB);
      expect(await word(device, buffer, 0)).toBe(77);
      rest.free();
      buffer.grow(128 * MiB);
      expect(buffer.committed).toBe(128 * MiB);
    }));

  it("passes other errors of the driver on", () =>
    withDevice((device) => {
      const buffer = device.reserve(64 * MiB);
      fake.reset();
      fake.fail("cuMemMap", 1, 700);
      expect(() => buffer.grow(1)).toThrow(expect.objectContaining({ name: "CUDA_ERROR_ILLEGAL_ADDRESS" }));
      expect(created()).toEqual([32]);
      expect(buffer.committed).toBe(0);
    }));

  it.each([-1, 0.5, Number.NaN, 2 ** 53])("cannot be reserved for %d bytes, nor grow to it", (bytes) =>
    withDevice((device) => {
      expect(() => device.reserve(bytes)).toThrow(`Cannot reserve ${bytes} bytes.`);
      const grow = () => device.reserve(100).grow(bytes);
      expect(grow).toThrow(`A buffer that was reserved for 100 bytes cannot grow to ${bytes}.`);
      expect(grow).toThrow(DeviceError);
      expect(() => device.reserve(100, { step: bytes === 2 ** 53 ? 0 : bytes })).toThrow(
        "Cannot commit memory in steps",
      );
    }),
  );

  it("is written, filled, copied, mirrored and viewed as far as it is committed", () =>
    withDevice(async (device) => {
      const buffer = device.reserve(64 * MiB, { step: 1 });
      expect(() => buffer.view(0, 1)).toThrow("1 bytes at 0 lie outside a buffer of 0 bytes.");
      device.fill(buffer, 1);
      buffer.grow(2 * MiB);
      const early = buffer.view(4);
      buffer.grow(4 * MiB);
      expect(early.bytes).toBe(2 * MiB - 4);
      expect(buffer.view(0).bytes).toBe(4 * MiB);
      device.fill(buffer, 0);
      await device.write(buffer.view(2 * MiB - 4), Int32Array.of(1, 2));
      device.copy(buffer, buffer.view(2 * MiB - 4), 8);
      const mirror = device.mirror(8);
      mirror.copyFrom(buffer, 8);
      await mirror.arrived();
      expect([...new Int32Array(mirror.host)]).toEqual([1, 2]);
      expect(() => device.copy(buffer.view(4), buffer, 4 * MiB)).toThrow("lie outside a buffer of 4194300 bytes");
    }));

  it("serves launches and graphs that were made before it grew", () =>
    withDevice(async (device) => {
      const kernel = (await device.load(fakeBundle([append]))).kernel("append");
      const out = device.reserve(64 * MiB, { step: 1 });
      const launch = kernel.prepare([1], { out, digit: 4 });
      const graph = device.capture(() => {
        launch.run();
        kernel.launch([1], { out, digit: 2 });
        out.grow(4);
        device.fill(out.view(4, 4), 7);
      });
      await device.write(out, Int32Array.of(0));
      out.grow(10 * MiB);
      graph.replay();
      launch.run();
      expect(await word(device, out, 0)).toBe(424);
      expect(await word(device, out, 4)).toBe(0x07070707);
    }));

  it("takes the aligned variant of a kernel", () =>
    withDevice(async (device) => {
      const variants = [
        { divisible: ["out"], launch: { symbol: "append_aligned" } },
        { launch: { symbol: "append_any" } },
      ];
      const kernel = (await device.load(fakeBundle([{ ...append, variants }]))).kernel("append");
      const out = device.reserve(4096);
      out.grow(4096);
      kernel.launch([1], { out, digit: 0 });
      kernel.launch([1], { out: out.view(4), digit: 0 });
      expect(fake.launches().map((line) => line.split(" ")[0])).toEqual(["append_aligned", "append_any"]);
    }));

  it("lies under a descriptor that reaches as far as the capacity", () =>
    withDevice(async (device) => {
      const tensor: FakeParam = { kind: "descriptor", name: "d", dtype: "bf16", block: [32, 64], padding: "zero" };
      const kernel = (await device.load(fakeBundle([{ name: "k", params: [tensor], variants: [{}] }]))).kernel("k");
      const buffer = device.reserve(1000 * 128 * 2);
      kernel.launch([1], { d: { buffer, shape: [1000, 128], strides: [128, 1] } });
      const map = fake.launches()[0]!.split("params=")[1]!.slice(0, 16);
      expect(Buffer.from(map, "hex").readBigUInt64LE()).toBe(buffer.address);
      expect(() => kernel.launch([1], { d: { buffer, shape: [1001, 128], strides: [128, 1] } })).toThrow(
        "k, parameter d: expected a tensor that lies in its buffer of 256000 bytes",
      );
      buffer.grow(1);
      expect(() =>
        kernel.launch([1], { d: { buffer: buffer.view(0), shape: [1000, 129], strides: [136, 1] } }),
      ).toThrow("a tensor that lies in its buffer of 256000 bytes");
    }));

  it("is freed once and whole, and not used afterwards", () =>
    withDevice(async (device) => {
      const kernel = (await device.load(fakeBundle([append]))).kernel("append");
      const out = device.reserve(64 * MiB);
      out.grow(1);
      const launch = kernel.prepare([1], { out, digit: 1 });
      const view = out.view(0, 8);
      view.free();
      launch.run();
      out.free();
      out.free();
      expect(device.memory().free).toBe(1024 * MiB);
      expect(fake.live().join()).not.toMatch(/pages|reservations/);
      expect(() => launch.run()).toThrow("got a buffer that has been freed");
      expect(() => out.grow(2)).toThrow("was to grow after it was freed");
      expect(() => device.fill(view, 0)).toThrow("used after it was freed");
    }));

  it("cannot be freed inside a capture, where nothing can wait", () =>
    withDevice((device) => {
      const buffer = device.reserve(64);
      buffer.grow(64);
      expect(() => device.capture(() => buffer.free())).toThrow("Inside capture nothing can wait: call free outside");
      buffer.grow(64);
      buffer.free();
    }));

  it("is freed with its device", () =>
    withDevice((device) => {
      device.reserve(2 ** 40).grow(100 * MiB);
      device.reserve(0).grow(0);
    }));
});

describe("on a GPU that cannot reserve addresses apart from memory, a buffer that grows", () => {
  it("is one allocation of its capacity", () =>
    withDevice(async (device) => {
      fake.set("VIRTUAL_MEMORY", 0);
      using older = CudaDevice.open();
      const kernel = (await older.load(fakeBundle([append]))).kernel("append");
      const { free } = device.memory();
      const out = older.reserve(50 * MiB);
      expect(out).toMatchObject({ bytes: 50 * MiB, committed: 50 * MiB, capacity: 50 * MiB });
      expect(device.memory().free).toBe(free - 50 * MiB);
      out.grow(10);
      out.grow(50 * MiB);
      expect(() => out.grow(50 * MiB + 1)).toThrow("cannot grow to 52428801");
      await older.write(out, Int32Array.of(5));
      kernel.launch([1], { out, digit: 6 });
      const into = new Int32Array(1);
      await older.read(out, into);
      expect(into[0]).toBe(56);
      expect(() => older.reserve(2 ** 40)).toThrow("1048576.0 MiB wanted, 974.0 MiB of 1024.0 MiB free");
      out.free();
      expect(() => out.grow(1)).toThrow("after it was freed");
      expect(fake.calls().join()).not.toMatch(/cuMemAddressReserve|cuMemCreate/);
    }));
});

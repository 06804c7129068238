import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import { CudaError, OutOfMemoryError } from "../../../../runtime/device/errors.js";
import { openGguf } from "../../../../runtime/weights/index.js";
import { countCalls, isRelease } from "../../native/driver-calls.js";
import { openFake } from "../../native/fake-driver.js";
import { ggufBytes, temporaryFile } from "../../weights/write-gguf.js";
import { type FakeKernel, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();

beforeEach(() => fake.reset());

const append: FakeKernel = {
  name: "append",
  params: [pointer("out", "i32"), scalar("digit")],
  variants: [{}],
};

/** In Node 20, but not yet in the language that TypeScript is told to know. */
type ResizableArrayBuffer = new (
  bytes: number,
  options: { readonly maxByteLength: number },
) => ArrayBuffer & { resize(bytes: number): void };

/** Runs a body on a device of its own, after which nothing may be left. */
async function withDevice(body: (device: CudaDevice) => void | Promise<void>): Promise<void> {
  {
    using device = CudaDevice.open();
    await body(device);
    fake.set("PENDING", 0);
  }
  await expect.poll(() => fake.live()).toEqual([]);
}

const numbers = async (device: CudaDevice, from: ReturnType<CudaDevice["alloc"]>, count: number) => {
  const into = new Int32Array(count);
  await device.read(from, into);
  return [...into];
};

describe("a CUDA device", () => {
  it("tells what it is", () =>
    withDevice((device) => {
      expect(device).toMatchObject({ kind: "cuda", name: "Fake GPU", arch: 90, processors: 132 });
      expect(device.memory()).toEqual({ free: 2 ** 30, total: 2 ** 30 });
    }));

  it("allocates, views and frees", () =>
    withDevice((device) => {
      const buffer = device.alloc(1000);
      const view = buffer.view(256, 100);
      expect(view.address).toBe(buffer.address + 256n);
      expect(buffer.view(256).bytes).toBe(744);
      expect(() => buffer.view(900, 101)).toThrow("101 bytes at 900 lie outside a buffer of 1000 bytes.");
      view.free();
      expect(buffer.freed).toBe(false);
      buffer.free();
      buffer.free();
      expect(() => buffer.view(0)).toThrow("used after it was freed");
      expect(() => device.copy(view, view, 1)).toThrow("used after it was freed");
      expect(device.alloc(0).bytes).toBe(0);
    }));

  it("says what was free when memory runs out", () =>
    withDevice((device) => {
      device.alloc(2 ** 29);
      expect(() => device.alloc(2 ** 30)).toThrow("1024.0 MiB wanted, 512.0 MiB of 1024.0 MiB free. Free buffers,");
      expect(() => device.alloc(2 ** 30)).toThrow(OutOfMemoryError);
      expect(() => device.alloc(2 ** 30)).toThrow(
        expect.objectContaining({
          ...{ wanted: 2 ** 30, committed: 0, free: 2 ** 29, total: 2 ** 30 },
          cause: expect.objectContaining({ call: "cuMemAlloc_v2(1073741824)" }),
        }),
      );
      expect(() => device.alloc(-1)).toThrow("Cannot allocate -1 bytes.");
    }));

  it.each([4, 64 * 1024, 64 * 1024 + 4, 20_000_000])("writes and reads %i bytes", (bytes) =>
    withDevice(async (device) => {
      const data = Uint8Array.from({ length: bytes }, (_, index) => index * 31 + (index >> 8));
      const buffer = device.alloc(bytes + 16);
      await device.write(buffer.view(16), data);
      const back = new Uint8Array(bytes);
      await device.read(buffer.view(16), back);
      expect(Buffer.from(back).equals(data)).toBe(true);
    }),
  );

  it("writes large data one after another, and lets it be reused then", () =>
    withDevice(async (device) => {
      fake.set("LAZY", 1);
      fake.set("PENDING", 1);
      const bytes = 30_000_000;
      const buffer = device.alloc(bytes);
      const data = new Uint8Array(bytes).fill(1);
      const first = device.write(buffer, new Uint8Array(bytes).fill(9));
      await device.write(buffer, data);
      data.fill(3);
      await first;
      const back = new Uint8Array(bytes);
      await device.read(buffer, back);
      expect(Buffer.from(back.buffer).equals(new Uint8Array(bytes).fill(1))).toBe(true);
    }));

  it("notices that large data is detached or resized while it is written", () =>
    withDevice(async (device) => {
      const bytes = 30_000_000;
      const buffer = device.alloc(bytes);
      const message = "30000000 bytes were detached or resized while they were written: await the write first.";
      const data = new Uint8Array(bytes);
      const detached = expect(device.write(buffer, data)).rejects.toThrow(message);
      await new Promise(setImmediate);
      structuredClone(data, { transfer: [data.buffer] });
      await detached;
      const growing = new (ArrayBuffer as unknown as ResizableArrayBuffer)(bytes, { maxByteLength: bytes });
      const resized = expect(device.write(buffer, new Uint8Array(growing))).rejects.toThrow(message);
      await new Promise(setImmediate);
      growing.resize(4096);
      await resized;
      await device.write(buffer, new Uint8Array(bytes).fill(2));
      const back = new Uint8Array(bytes);
      await device.read(buffer, back);
      expect(Buffer.from(back.buffer).equals(new Uint8Array(bytes).fill(2))).toBe(true);
    }));

  it("takes over small data at once, and keeps copies in their place among launches", () =>
    withDevice(async (device) => {
      const kernel = (await device.load(fakeBundle([append]))).kernel("append");
      const out = device.alloc(4);
      const data = Int32Array.of(1);
      void device.write(out, data);
      data[0] = 9;
      kernel.launch([1], { out, digit: 2 });
      const early = numbers(device, out, 1);
      kernel.launch([1], { out, digit: 3 });
      expect(await early).toEqual([12]);
      expect(await numbers(device, out, 1)).toEqual([123]);
    }));

  it("copies and fills on the device", () =>
    withDevice(async (device) => {
      const from = device.alloc(8);
      const to = device.alloc(8);
      device.fill(from, 1);
      device.fill(to, 0);
      device.copy(to.view(4), from, 4);
      expect(await numbers(device, to, 2)).toEqual([0, 0x01010101]);
      expect(() => device.copy(to, from, 9)).toThrow("9 bytes at 0 lie outside");
    }));

  it("mirrors memory to the host", () =>
    withDevice(async (device) => {
      const mirror = device.mirror(8);
      const from = device.alloc(8);
      device.fill(from, 2);
      mirror.copyFrom(from.view(4), 4);
      await mirror.arrived();
      expect([...new Int32Array(mirror.host)][0]).toBe(0x02020202);
      expect(() => mirror.copyFrom(device.alloc(16), 16)).toThrow("A mirror of 8 bytes cannot take 16.");
      mirror.free();
      expect(mirror.host.byteLength).toBe(0);
    }));

  it("times work and waits without blocking the event loop", () =>
    withDevice(async (device) => {
      fake.set("PENDING", 1);
      fake.set("DELAY", 50);
      let ticks = 0;
      const timer = setInterval(() => ticks++, 5);
      await device.synchronize();
      expect(await device.time(() => undefined)).toBeGreaterThanOrEqual(0);
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(2);
      fake.set("DELAY", 0);
    }));

  it("waits for many points of the stream with one thread, in order", () =>
    withDevice(async (device) => {
      const mirror = device.mirror(4);
      fake.set("PENDING", 1);
      fake.set("DELAY", 5);
      const order: number[] = [];
      await Promise.all(Array.from({ length: 8 }, (_, index) => mirror.arrived().then(() => order.push(index))));
      expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }));

  it("refuses everything once it is closed", async () => {
    const device = CudaDevice.open();
    const buffer = device.alloc(4);
    device.close();
    device.close();
    for (const use of [() => device.alloc(4), () => device.fill(buffer, 0), () => device.capture(() => undefined)])
      expect(use).toThrow("Fake GPU was used after it was closed.");
    for (const use of [device.write(buffer, new Uint8Array(4)), device.synchronize(), device.load("x")])
      await expect(use).rejects.toThrow("Fake GPU was used after it was closed.");
    expect(fake.live()).toEqual([]);
  });
});

describe("a graph", () => {
  it("replays launches, fills and copies in order", () =>
    withDevice(async (device) => {
      const kernel = (await device.load(fakeBundle([append]))).kernel("append");
      const out = device.alloc(4);
      const mirror = device.mirror(4);
      device.fill(out, 0);
      const prepared = kernel.prepare([1], { out, digit: 1 });
      using graph = device.capture(() => {
        prepared.run();
        kernel.launch([1], { out, digit: 2 });
        prepared.set("digit", 3);
        prepared.run();
        mirror.copyFrom(out, 4);
      });
      expect(fake.launches()).toEqual([]);
      expect(graph.launches).toBe(3);
      graph.replay();
      graph.replay();
      await mirror.arrived();
      expect(new Int32Array(mirror.host)[0]).toBe(123123);
    }));

  it("is not made when the recording throws, and the device goes on", () =>
    withDevice(async (device) => {
      const failed = () =>
        device.capture(() => {
          throw new RangeError("no");
        });
      expect(failed).toThrow(RangeError);
      using graph = device.capture(() => undefined);
      expect(graph.launches).toBe(0);
    }));

  it("cannot wait or nest", () =>
    withDevice(async (device) => {
      const buffer = device.alloc(100_000);
      const inside = (use: () => unknown) => device.capture(() => void use());
      const waits: Promise<unknown>[] = [];
      inside(() =>
        waits.push(
          device.read(buffer, new Uint8Array(4)),
          device.write(buffer, new Uint8Array(4)),
          device.synchronize(),
        ),
      );
      for (const wait of waits) await expect(wait).rejects.toThrow("Inside capture nothing can wait");
      expect(() => inside(() => device.capture(() => undefined))).toThrow("captures do not nest");
    }));
});

describe("a bundle", () => {
  it("lists its kernels, and names what there is when asked for another", () =>
    withDevice(async (device) => {
      const bundle = await device.load(fakeBundle([append, { ...append, name: "other" }]));
      expect(bundle.kernels).toEqual(["append", "other"]);
      expect(bundle.kernel("append").entry.source.file).toBe("fake.kernel.ts");
      expect(() => bundle.kernel("apend")).toThrow('it has no kernel "apend". It has: append, other.');
    }));

  it("loads each cubin once, also for two bundles", () =>
    withDevice(async (device) => {
      const folder = fakeBundle([append]);
      await Promise.all([device.load(folder), device.load(folder)]);
      expect(fake.calls().filter((call) => call.startsWith("cuModuleLoadDataEx"))).toHaveLength(1);
    }));

  it.each<[string, () => string, string]>([
    ["no folder", () => "/nowhere", "it is not a bundle: manifest.json cannot be read"],
    ["no JSON", () => spoil((text) => text.slice(1)), "it is not JSON"],
    [
      "another version",
      () => fakeBundle([append], (m) => ({ ...m, version: 3 })),
      "it has version 3, and this runtime reads 1 and 2",
    ],
    ["a broken manifest", () => fakeBundle([append], (m) => ({ ...m, kernels: 3 })), "it is not a manifest"],
    [
      "another architecture",
      () => fakeBundle([{ ...append, variants: [{ arch: 80 }, { arch: 100 }] }]),
      'kernel "append" is built only for sm_80, sm_100. For Fake GPU build it again with: --arch 90.',
    ],
    ["no architecture", () => fakeBundle([{ ...append, variants: [] }]), "built for the CPU only"],
    [
      "a layout that is not the cubin's",
      () => fakeBundle([{ ...append, variants: [{ image: "params=8,8,8,8" }] }]),
      "append takes 8 bytes for digit (value), its parameter 1, and the manifest says 4",
    ],
    [
      "a parameter too few",
      () => fakeBundle([{ ...append, variants: [{ image: "params=8,4,8" }] }]),
      "append has 3 parameters in its cubin and 4 in the manifest",
    ],
  ])("with %s is refused", (_what, folder, message) =>
    withDevice(async (device) => {
      await expect(device.load(folder())).rejects.toThrow(
        expect.objectContaining({ name: "BundleError", message: expect.stringContaining(message) }),
      );
    }),
  );

  it("with a changed or missing cubin is refused", () =>
    withDevice(async (device) => {
      const folder = fakeBundle([append]);
      writeFileSync(join(folder, "append.0.cubin"), "kernel append params=8,4,8,8\n# other\n");
      await expect(device.load(folder)).rejects.toThrow("it is not the file that was built");
      const other = fakeBundle([append], (m) => {
        m.kernels[0]!.variants[0]!.cubin.path = "gone.cubin";
        return m;
      });
      await expect(device.load(other)).rejects.toThrow("gone.cubin: it cannot be read");
    }));

  it("is taken without a layout check by a driver that cannot tell layouts", () =>
    withDevice(async (device) => {
      fake.set("PARAMETERS", 0);
      await device.load(fakeBundle([{ ...append, variants: [{ image: "params=8,8" }] }]));
    }));

  it("serves a later minor version of its architecture", async () => {
    fake.set("CAPABILITY", 89);
    await withDevice(async (device) => {
      fake.set("CAPABILITY", 89);
      expect(device.arch).toBe(89);
      const variants = [80, 86, 90].map((arch) => ({ arch, launch: { symbol: `append_${arch}` } }));
      const kernel = (await device.load(fakeBundle([{ ...append, variants }]))).kernel("append");
      kernel.launch([1], { out: device.alloc(4), digit: 1 });
      expect(fake.launches()[0]).toMatch(/^append_86 /);
    });
  });
});

function spoil(change: (text: string) => string): string {
  const folder = fakeBundle([append]);
  const path = join(folder, "manifest.json");
  writeFileSync(path, change(readFileSync(path, "utf8")));
  return folder;
}

describe("when any driver call fails", () => {
  const data = new Uint8Array(1000);
  const fileToUpload = temporaryFile(ggufBytes({ tensors: [{ name: "a", type: 0, dims: [250], offset: 0 }], data }));
  const program = async () => {
    using device = CudaDevice.open();
    const kernel = (
      await device.load(fakeBundle([{ ...append, variants: [{ launch: { sharedBytes: 60_000 } }] }]))
    ).kernel("append");
    const out = device.alloc(4);
    const large = device.alloc(100_000);
    const growing = device.reserve(6 << 20, { step: 1 });
    growing.grow(4);
    growing.grow(6 << 20);
    device.fill(growing, 0);
    const mirror = device.mirror(4);
    await device.write(out, Int32Array.of(0));
    await device.write(large, new Uint8Array(100_000));
    using file = openGguf(fileToUpload);
    await device.upload([{ to: large, ...file.stretch(file.tensor("a")) }]);
    device.copy(large, out, 4);
    device.fill(large, 0);
    const graph = device.capture(() => {
      kernel.launch([1], { out, digit: 1 });
      kernel.launch([1], { out: growing, digit: 1 });
      mirror.copyFrom(out, 4);
    });
    await device.time(() => graph.replay());
    await mirror.arrived();
    await device.read(large, new Uint8Array(100_000));
    await device.read(out, new Int32Array(1));
    device.memory();
  };

  it("its error comes out, and nothing is left", async () => {
    await program();
    for (const [name, count] of countCalls(fake.calls())) {
      for (let nth = 1; nth <= (name === "cuCtxSetCurrent" ? 1 : count); nth++) {
        fake.reset();
        fake.fail(name, nth, 700);
        const outcome = await program().catch((error) => error);
        const mayHide =
          isRelease(name) ||
          /cuEventQuery|cuEventRecord|cuEventSynchronize|cuEventCreate/.test(name) ||
          // The last ones are made by close().
          (/cuStreamSynchronize|cuStreamQuery/.test(name) && nth === count);
        if (!mayHide || outcome !== undefined) {
          expect(outcome, `${name} #${nth}`).toBeInstanceOf(CudaError);
          expect(outcome.call, `${name} #${nth}`).toContain(name);
        }
        await expect.poll(() => fake.live(), { message: `${name} #${nth}` }).toEqual([]);
      }
    }
  });
});

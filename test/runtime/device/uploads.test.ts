/** Device.upload: the same on a GPU, over the fake driver, and on the CPU executor. */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import type { Device, DeviceBuffer, FileCopy } from "../../../runtime/device/device.js";
import { openFileBytes } from "../../../runtime/weights/file-bytes.js";
import { openGguf, openSafetensors } from "../../../runtime/weights/index.js";
import { openFake } from "../native/fake-driver.js";
import { ggufBytes } from "../weights/write-gguf.js";

const { fake } = openFake();
const folder = mkdtempSync(join(tmpdir(), "tilescript-uploads-"));
const MiB = 1 << 20;

/** A file of bytes that differ from piece to piece. */
function fileOf(name: string, bytes: number, seed = 0): { readonly path: string; readonly content: Uint8Array } {
  const content = new Uint8Array(bytes);
  const words = new Uint32Array(content.buffer, 0, bytes >> 2);
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index + seed, 2654435761);
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, content };
}

const large = fileOf("large", 40 * MiB + 13);
const small = fileOf("small", 10_007, 77);

beforeEach(() => fake.reset());
afterAll(() => rmSync(folder, { recursive: true }));

const openDescriptors = () => readdirSync("/proc/self/fd").length;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function contentOf(buffer: DeviceBuffer): Promise<Buffer> {
  const into = Buffer.alloc(buffer.bytes);
  await buffer.device.read(buffer, into);
  return into;
}

const devices: [string, () => Promise<Device>][] = [
  ["a GPU", async () => CudaDevice.open()],
  ["the CPU executor", () => CpuDevice.open({ threads: 2, store: null })],
];

describe.each(devices)("upload to %s", (_name, open) => {
  /** Runs a body on a device of its own, after which nothing of the driver and no file may be left. */
  async function withDevice(body: (device: Device) => Promise<void>): Promise<void> {
    const before = openDescriptors();
    {
      using device = await open();
      await body(device);
      fake.set("PENDING", 0);
    }
    await expect.poll(() => fake.live()).toEqual([]);
    // Worker threads have descriptors too, and close them when they have ended.
    await expect.poll(openDescriptors, { timeout: 60_000 }).toBeLessThanOrEqual(before);
  }

  /** All of the large file in three buffers, the last one a view. */
  function thirds(device: Device, file = openFileBytes(large.path)) {
    const sizes = [17 * MiB + 5, 3, file.size - 17 * MiB - 8];
    let offset = 0;
    const copies = sizes.map((bytes, index): FileCopy => {
      const to = index < 2 ? device.alloc(bytes) : device.alloc(bytes + 33).view(32, bytes);
      offset += bytes;
      return { to, file, offset: offset - bytes, bytes };
    });
    return { file, copies, whole: async () => Buffer.concat(await Promise.all(copies.map(({ to }) => contentOf(to)))) };
  }

  it("copies stretches of several files of any size and place, and nothing beside them", () =>
    withDevice(async (device) => {
      const one = thirds(device);
      const two = openFileBytes(small.path);
      const target = device.alloc(2000);
      device.fill(target, 7);
      const pieces = Array.from({ length: 40 }, (_, index) => ({ at: index * 50, offset: index * 211, bytes: index }));
      const copies = pieces.map(({ at, offset, bytes }) => ({ to: target.view(at), file: two, offset, bytes }));
      await device.upload([...one.copies, ...copies]);
      const expected = Buffer.alloc(2000, 7);
      for (const { at, offset, bytes } of pieces) expected.set(small.content.subarray(offset, offset + bytes), at);
      expect((await contentOf(target)).equals(expected)).toBe(true);
      expect((await one.whole()).equals(large.content)).toBe(true);
      one.file.close();
      two.close();
    }));

  it("tells its progress, more each time, and last the whole", () =>
    withDevice(async (device) => {
      fake.set("DELAY", 40);
      const { file, copies, whole } = thirds(device);
      const told: number[] = [];
      await device.upload(copies, { onProgress: (bytes) => told.push(bytes) });
      fake.set("DELAY", 0);
      expect(told.length).toBeGreaterThan(2);
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
      expect(told.at(-1)).toBe(file.size);
      expect((await whole()).equals(large.content)).toBe(true);
      const nothing: number[] = [];
      await device.upload([], { onProgress: (bytes) => nothing.push(bytes) });
      expect(nothing).toEqual([0]);
      file.close();
    }));

  it("lets the event loop go on", () =>
    withDevice(async (device) => {
      fake.set("DELAY", 10);
      const { file, copies } = thirds(device);
      let turns = 0;
      const timer = setInterval(() => turns++, 0);
      await device.upload(copies);
      clearInterval(timer);
      expect(turns).toBeGreaterThan(2);
      fake.set("DELAY", 0);
      file.close();
    }));

  it.each([0, 1, 5, 15])("ends soon when it is aborted after %i ms, and the next one works", (delay) =>
    withDevice(async (device) => {
      fake.set("DELAY", 30);
      const { file, copies, whole } = thirds(device);
      const many = Array.from({ length: 20 }, () => copies).flat();
      const controller = new AbortController();
      const reason = new Error("enough");
      const uploading = device.upload(many, { signal: controller.signal });
      const failing = expect(uploading).rejects.toBe(reason);
      if (delay) await pause(delay);
      controller.abort(reason);
      const aborted = performance.now();
      await failing;
      // The whole would take seconds.
      expect(performance.now() - aborted).toBeLessThan(1000);
      fake.set("DELAY", 0);
      await device.upload(copies);
      expect((await whole()).equals(large.content)).toBe(true);
      file.close();
    }),
  );

  it("reads nothing where the signal was given before", () =>
    withDevice(async (device) => {
      const { file, copies } = thirds(device);
      await expect(device.upload(copies, { signal: AbortSignal.abort() })).rejects.toThrow(
        expect.objectContaining({ name: "AbortError" }),
      );
      expect(fake.calls().some((call) => call.startsWith("cuMemcpyHtoD"))).toBe(false);
      file.close();
    }));

  it("ends with what its callback throws", () =>
    withDevice(async (device) => {
      fake.set("DELAY", 30);
      const { file, copies, whole } = thirds(device);
      const thrown = new Error("a callback's own");
      const onProgress = () => {
        throw thrown;
      };
      await expect(device.upload(copies, { onProgress })).rejects.toBe(thrown);
      fake.set("DELAY", 0);
      await device.upload(copies);
      expect((await whole()).equals(large.content)).toBe(true);
      file.close();
    }));

  it("goes one after another where several are asked for, each aborted by itself", () =>
    withDevice(async (device) => {
      fake.set("DELAY", 5);
      const first = thirds(device);
      const third = thirds(device, first.file);
      const controller = new AbortController();
      const all = [
        device.upload(first.copies),
        device.upload(thirds(device, first.file).copies, { signal: controller.signal }),
        device.upload(third.copies),
      ];
      controller.abort();
      const ended = await Promise.allSettled(all);
      fake.set("DELAY", 0);
      expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect((await first.whole()).equals(large.content)).toBe(true);
      expect((await third.whole()).equals(large.content)).toBe(true);
      first.file.close();
    }));

  it("comes after what was queued before, and before what is queued after it", () =>
    withDevice(async (device) => {
      fake.set("LAZY", 1);
      fake.set("PENDING", 1);
      const file = openFileBytes(small.path);
      const [buffer, copy] = [device.alloc(100), device.alloc(100)];
      for (let round = 0; round < 50; round++) device.fill(buffer, round);
      await device.upload([{ to: buffer, file, offset: 3, bytes: 100 }]);
      device.copy(copy, buffer, 100);
      device.fill(buffer, 0);
      expect((await contentOf(copy)).equals(small.content.subarray(3, 103))).toBe(true);
      file.close();
    }));

  it("names the file that has shrunk since it was opened", () =>
    withDevice(async (device) => {
      const { path } = fileOf("shrinks", 9 * MiB);
      const file = openFileBytes(path);
      const to = device.alloc(9 * MiB);
      const upload = () => device.upload([{ to, file, offset: 5, bytes: file.size - 5 }]);
      await upload();
      truncateSync(path, 9 * MiB - 1);
      await expect(upload()).rejects.toThrow(
        expect.objectContaining({
          ...{ name: "ModelError", code: "file-truncated", file: path, offset: 5 },
          message: `${path}, byte 5: of 9437179 bytes that were here when it was opened, some are gone. The file shrank while it was read: let whatever writes it finish, then load it again.`,
        }),
      );
      file.close();
    }));

  it("names the file that shrinks meanwhile, and the next upload works", () =>
    withDevice(async (device) => {
      fake.set("DELAY", 20);
      const { path } = fileOf("shrinking", 40 * MiB);
      const file = openFileBytes(path);
      const to = device.alloc(40 * MiB);
      const uploading = device.upload(Array.from({ length: 5 }, () => ({ to, file, offset: 0, bytes: file.size })));
      const failing = expect(uploading).rejects.toMatchObject({ code: "file-truncated", file: path, offset: 0 });
      await pause(2);
      truncateSync(path, 30 * MiB);
      await failing;
      fake.set("DELAY", 0);
      const { file: other, copies, whole } = thirds(device);
      await device.upload(copies);
      expect((await whole()).equals(large.content)).toBe(true);
      other.close();
      file.close();
    }));

  it("names the file that is written to in place meanwhile", () =>
    withDevice(async (device) => {
      const { path, content } = fileOf("rewritten", 9 * MiB);
      utimesSync(path, 1, 1);
      const file = openFileBytes(path);
      const uploading = device.upload([{ to: device.alloc(9 * MiB), file, offset: 0, bytes: file.size }]);
      const failing = expect(uploading).rejects.toThrow(
        `${path}: was written to while it was read. Let whatever writes it finish, then load it again.`,
      );
      const writer = openSync(path, "r+");
      writeSync(writer, content, 0, 1, MiB);
      closeSync(writer);
      await failing;
      file.close();
    }));

  it("names the file that the system cannot read", () =>
    withDevice(async (device) => {
      const descriptor = openSync(folder, "r");
      const file = { path: "models/odd.gguf", size: 1000, descriptor, requireUnchanged: () => undefined };
      await expect(device.upload([{ to: device.alloc(10), file, offset: 30, bytes: 10 }])).rejects.toThrow(
        "models/odd.gguf, byte 30: 10 bytes cannot be read (EISDIR). Check that the path names a regular file",
      );
      closeSync(descriptor);
    }));

  it("refuses what cannot be copied, before anything is", () =>
    withDevice(async (device) => {
      const file = openFileBytes(small.path);
      const to = device.alloc(100);
      const good = { to, file, offset: 0, bytes: 100 };
      const freed = device.alloc(4);
      freed.free();
      using other = await open();
      const cases: [Partial<FileCopy>, string][] = [
        [{ offset: 9_950 }, `${small.path}, byte 9950: 100 bytes wanted, but the file ends at 10007`],
        [{ offset: -1 }, "100 bytes wanted, but the file ends at 10007"],
        [{ bytes: 0.5 }, "0.5 bytes wanted"],
        [{ bytes: 101 }, "101 bytes at 0 lie outside a buffer of 100 bytes."],
        [{ to: freed }, "A buffer of 4 bytes was used after it was freed."],
        [{ to: other.alloc(100) }, `A buffer of another device (${device.name}`],
      ];
      for (const [change, message] of cases)
        await expect(device.upload([good, { ...good, ...change }]), message).rejects.toThrow(message);
      const waits: Promise<void>[] = [];
      device.capture(() => waits.push(device.upload([good])));
      await expect(waits[0]).rejects.toThrow("Inside capture nothing can wait: call upload outside");
      expect(fake.calls().some((call) => call.startsWith("cuMemcpyHtoD"))).toBe(false);
      file.close();
      await expect(device.upload([good])).rejects.toThrow(`${small.path}: was used after it was closed.`);
      device.close();
      await expect(device.upload([])).rejects.toThrow("was used after it was closed.");
    }));

  it("takes tensors of model files as they lie there", () =>
    withDevice(async (device) => {
      const gguf = join(folder, "model.gguf");
      const data = Uint8Array.from({ length: 64 }, (_, index) => index);
      writeFileSync(gguf, ggufBytes({ tensors: [{ name: "a", type: 0, dims: [3, 2], offset: 32 }], data }));
      const safetensors = join(folder, "model.safetensors");
      const header = JSON.stringify({ b: { dtype: "BF16", shape: [3], data_offsets: [0, 6] } });
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      writeFileSync(safetensors, Buffer.concat([length, Buffer.from(header), Buffer.from([9, 8, 7, 6, 5, 4])]));
      using one = openGguf(gguf);
      using two = openSafetensors(safetensors);
      const [a, part, b] = [device.alloc(24), device.alloc(8), device.alloc(6)];
      await device.upload([
        { to: a, ...one.stretch(one.tensor("a")) },
        { to: part, ...one.stretch(one.tensor("a"), 4, 12) },
        { to: b, ...two.stretch(two.tensor("b")) },
      ]);
      expect([...(await contentOf(a))]).toEqual([...data.subarray(32, 56)]);
      expect([...(await contentOf(part))]).toEqual([...data.subarray(36, 44)]);
      expect([...(await contentOf(b))]).toEqual([9, 8, 7, 6, 5, 4]);
    }));
});

describe("upload to a GPU", () => {
  it.each(["cuMemHostAlloc", "cuEventCreate", "cuMemcpyHtoDAsync_v2", "cuEventSynchronize", "cuStreamSynchronize"])(
    "that fails in %s rejects with its error, and the next one works",
    async (name) => {
      {
        using device = CudaDevice.open();
        const file = openFileBytes(large.path);
        const to = device.alloc(file.size);
        const copies = [{ to, file, offset: 0, bytes: file.size }];
        fake.reset();
        fake.fail(name, 1, 2);
        await expect(device.upload(copies)).rejects.toMatchObject({ name: "CUDA_ERROR_OUT_OF_MEMORY" });
        await device.upload(copies);
        expect((await contentOf(to)).equals(large.content)).toBe(true);
        file.close();
      }
      await expect.poll(() => fake.live()).toEqual([]);
    },
  );

  it("keeps memory that is freed, and goes on when the device is closed, meanwhile", async () => {
    const device = CudaDevice.open();
    const file = openFileBytes(large.path);
    const to = device.alloc(file.size);
    const upload = () => device.upload([{ to, file, offset: 0, bytes: file.size }]);
    await upload();
    fake.set("DELAY", 10);
    const uploading = upload();
    const waiting = expect(upload()).rejects.toThrow("was used after it was closed");
    await pause(15);
    device.close();
    await uploading;
    await waiting;
    await expect.poll(() => fake.live()).toEqual([]);
    file.close();
  });
});

it("upload to the CPU executor notices that a buffer is freed meanwhile", async () => {
  using device = await CpuDevice.open({ threads: 2, store: null });
  const file = openFileBytes(large.path);
  const to = device.alloc(file.size);
  const uploading = device.upload([{ to, file, offset: 0, bytes: file.size }]);
  const failing = expect(uploading).rejects.toThrow("was used after it was freed");
  await new Promise(setImmediate);
  to.free();
  await failing;
  file.close();
});

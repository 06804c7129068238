/** Uploads from files through threads and pinned slots, over the fake driver. */
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Context, FileToMemory, Memory, Uploader } from "../../../runtime/native/index.js";
import { openFake } from "./fake-driver.js";

const { addon, fake } = openFake();
const folder = mkdtempSync(join(tmpdir(), "tilescript-uploader-"));
const bytes = (count: number, seed: number) =>
  Uint8Array.from({ length: count }, (_, index) => (index * 131 + (index >> 8) * 7 + seed) & 255);
const contents = [bytes(100_003, 1), bytes(70_001, 2), bytes(1, 3)];
const files = contents.map((content, index) => {
  const path = join(folder, String(index));
  writeFileSync(path, content);
  return openSync(path, "r");
});

afterAll(() => {
  for (const file of files) closeSync(file);
  rmSync(folder, { recursive: true });
});
beforeEach(() => fake.reset());

const openDescriptors = () => readdirSync("/proc/self/fd").length;
/** Threads of this process. Those of the pool come when they are first needed and stay. */
const threads = () => readdirSync("/proc/self/task").length;

interface Place {
  readonly context: Context;
  readonly memory: Memory;
  /** All of the memory. */
  readonly content: () => Buffer;
  readonly upload: (uploader: Uploader, copies: readonly Omit<FileToMemory, "to">[]) => Promise<boolean>;
}

/** A context and memory of so many bytes, gone again when the body is done; then nothing may be left. */
async function withMemory(size: number, body: (place: Place) => Promise<void>): Promise<void> {
  {
    using context = new addon.Context(0);
    using stream = new addon.Stream(context);
    using memory = new addon.Memory(context, size);
    const content = () => {
      const read = Buffer.alloc(size);
      stream.read(memory, 0, read);
      return read;
    };
    const upload: Place["upload"] = (uploader, copies) =>
      uploader.upload(
        copies.map((copy) => ({ to: memory, ...copy })),
        new addon.Transfer(),
      );
    await body({ context, memory, content, upload });
  }
  await expect.poll(() => fake.live()).toEqual([]);
}

describe("an upload", () => {
  // One thread that waits for its only slot; slots smaller than a cache line; more threads than loads.
  const shapes: [threads: number, slots: number, slotBytes: number][] = [
    [1, 1, 4096],
    [3, 2, 1000],
    [8, 3, 48],
    [16, 2, 1 << 20],
  ];

  it.each(shapes)("of many copies from several files is exact with %i threads of %i slots of %i bytes", (...shape) =>
    withMemory(1_000_000, async ({ context, content, upload }) => {
      // As late as a GPU may be: a slot that is filled again too early gives wrong bytes.
      fake.set("LAZY", 1);
      using uploader = new addon.Uploader(context, ...shape);
      const copies: Omit<FileToMemory, "to">[] = [];
      const expected = content();
      let toOffset = 3;
      for (let index = 0; index < 300; index++) {
        const which = index % 7 === 0 ? 2 : index % 2;
        const from = contents[which]!;
        const offset = which === 2 ? 0 : (index * 331) % 50_000;
        const count = which === 2 ? index % 2 : index % 10 === 1 ? 20_000 : (index * index) % 997;
        copies.push({ toOffset, file: files[which]!, offset, bytes: count });
        expected.set(from.subarray(offset, offset + count), toOffset);
        toOffset += count + (index % 3);
      }
      expect(await upload(uploader, copies)).toBe(true);
      expect(content().equals(expected)).toBe(true);
    }),
  );

  it("fills its slots: the end of one copy and the next share one", () =>
    withMemory(10_000, async ({ context, upload }) => {
      using uploader = new addon.Uploader(context, 4, 2, 1024);
      const copies = [1000, 100, 3000].map((count, index) => ({
        toOffset: index * 3000,
        file: files[0]!,
        offset: index,
        bytes: count,
      }));
      await upload(uploader, copies);
      const sizes = fake
        .calls()
        .flatMap((call) => (call.startsWith("cuMemcpyHtoD") ? [Number(call.split(" ")[1])] : []));
      expect(sizes.sort((a, b) => a - b)).toEqual([56, 100, 896, 1000, 1024, 1024]);
    }));

  it("of nothing is done at once, without the driver", () =>
    withMemory(8, async ({ context, upload }) => {
      using uploader = new addon.Uploader(context, 2, 2, 64);
      fake.reset();
      expect(await upload(uploader, [])).toBe(true);
      expect(await upload(uploader, [{ toOffset: 8, file: files[0]!, offset: 0, bytes: 0 }])).toBe(true);
      expect(fake.calls()).toEqual([]);
    }));

  it("pins its slots once, and leaves neither threads nor descriptors behind", () =>
    withMemory(100_003, async ({ context, content, upload }) => {
      using uploader = new addon.Uploader(context, 4, 2, 1024);
      const all = [{ toOffset: 0, file: files[0]!, offset: 0, bytes: 100_003 }];
      await Promise.all([1, 2, 3, 4].map(() => upload(uploader, all)));
      const before = [openDescriptors(), threads()];
      for (let round = 0; round < 5; round++) await upload(uploader, all);
      expect([openDescriptors(), threads()]).toEqual(before);
      expect(fake.calls().filter((call) => call.startsWith("cuMemHostAlloc"))).toEqual([
        `cuMemHostAlloc ${4 * 2 * 1024}`,
      ]);
      expect(content().equals(contents[0]!)).toBe(true);
    }));

  it("goes on with a file that is closed, and its number given to another, meanwhile", () =>
    withMemory(100_003, async ({ context, content, upload }) => {
      using uploader = new addon.Uploader(context, 2, 2, 1024);
      fake.set("DELAY", 1);
      const descriptor = openSync(join(folder, "0"), "r");
      const uploading = upload(uploader, [{ toOffset: 0, file: descriptor, offset: 0, bytes: 100_003 }]);
      closeSync(descriptor);
      const other = openSync(join(folder, "1"), "r");
      expect(other).toBe(descriptor);
      await uploading;
      closeSync(other);
      expect(content().equals(contents[0]!)).toBe(true);
    }));

  it("goes on when memory and uploader are destroyed meanwhile", async () => {
    {
      using context = new addon.Context(0);
      const memory = new addon.Memory(context, 100_003);
      const uploader = new addon.Uploader(context, 2, 2, 1024);
      fake.set("DELAY", 1);
      const copy = { to: memory, toOffset: 0, file: files[0]!, offset: 0, bytes: 100_003 };
      const uploading = uploader.upload([copy], new addon.Transfer());
      memory.destroy();
      uploader.destroy();
      expect(await uploading).toBe(true);
      expect(() => uploader.upload([], new addon.Transfer())).toThrow("this Uploader has been destroyed");
    }
    await expect.poll(() => fake.live()).toEqual([]);
  });
});

describe("an upload that is aborted", () => {
  it.each([0, 1, 5, 20])("after %i ms ends soon, with all threads gone, and the next one works", (delay) =>
    withMemory(100_003, async ({ context, memory, content, upload }) => {
      using uploader = new addon.Uploader(context, 3, 2, 256);
      const all = { toOffset: 0, file: files[0]!, offset: 0, bytes: 100_003 };
      await upload(uploader, [all]);
      const before = [openDescriptors(), threads()];
      fake.set("DELAY", 20);
      const transfer = new addon.Transfer();
      const uploading = uploader.upload([{ to: memory, ...all }], transfer);
      if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
      transfer.abort();
      const aborted = performance.now();
      expect(await uploading).toBe(false);
      // 390 loads of 20 ms would take 2.6 s.
      expect(performance.now() - aborted).toBeLessThan(1000);
      expect(transfer.bytes).toBeLessThan(50_000);
      expect([openDescriptors(), threads()]).toEqual(before);
      fake.set("DELAY", 0);
      expect(await upload(uploader, [all])).toBe(true);
      expect(content().equals(contents[0]!)).toBe(true);
    }),
  );

  it("before it starts reads nothing", () =>
    withMemory(100, async ({ context, memory }) => {
      using uploader = new addon.Uploader(context, 2, 2, 64);
      const transfer = new addon.Transfer();
      transfer.abort();
      const copy = { to: memory, toOffset: 0, file: files[0]!, offset: 0, bytes: 100 };
      expect(await uploader.upload([copy], transfer)).toBe(false);
      expect(transfer.bytes).toBe(0);
    }));

  it("after it is done is done", () =>
    withMemory(100, async ({ context, memory }) => {
      using uploader = new addon.Uploader(context, 2, 2, 64);
      const transfer = new addon.Transfer();
      const copy = { to: memory, toOffset: 0, file: files[0]!, offset: 0, bytes: 100 };
      expect(await uploader.upload([copy], transfer)).toBe(true);
      transfer.abort();
      expect(transfer.bytes).toBe(100);
    }));
});

describe("an upload that fails", () => {
  const shrinking = join(folder, "shrinking");

  it("because a file is shorter says which copy and where", () =>
    withMemory(10_000, async ({ context, upload }) => {
      using uploader = new addon.Uploader(context, 1, 2, 1024);
      const copies = [
        { toOffset: 0, file: files[1]!, offset: 0, bytes: 100 },
        { toOffset: 100, file: files[1]!, offset: 69_000, bytes: 2000 },
      ];
      await expect(upload(uploader, copies)).rejects.toMatchObject({ copy: 1, offset: 70_001, errno: 0 });
    }));

  it("because a file shrinks under it leaves nothing behind, and the next one works", () =>
    withMemory(100_003, async ({ context, content, upload }) => {
      using uploader = new addon.Uploader(context, 3, 2, 256);
      writeFileSync(shrinking, contents[0]!);
      const file = openSync(shrinking, "r+");
      const all = [{ toOffset: 0, file, offset: 0, bytes: 100_003 }];
      await upload(uploader, all);
      const before = [openDescriptors(), threads()];
      fake.set("DELAY", 2);
      const uploading = upload(uploader, all);
      const failing = expect(uploading).rejects.toMatchObject({ copy: 0, errno: 0, message: "pread: the file ended" });
      await new Promise((resolve) => setTimeout(resolve, 10));
      ftruncateSync(file, 50_000);
      await failing;
      fake.set("DELAY", 0);
      expect([openDescriptors(), threads()]).toEqual(before);
      expect(await upload(uploader, [{ ...all[0]!, bytes: 50_000 }])).toBe(true);
      expect(content().subarray(0, 50_000).equals(contents[0]!.subarray(0, 50_000))).toBe(true);
      closeSync(file);
    }));

  it("because the system refuses gives its error", () =>
    withMemory(100, async ({ context, upload }) => {
      using uploader = new addon.Uploader(context, 2, 2, 64);
      const directory = openSync(folder, "r");
      const copy = { toOffset: 0, file: directory, offset: 0, bytes: 10 };
      await expect(upload(uploader, [copy])).rejects.toMatchObject({ copy: 0, errno: 21 });
      closeSync(directory);
      expect(() => upload(uploader, [copy, { ...copy, file: 1_000_000 }])).toThrow(
        expect.objectContaining({ errno: 9, copy: 0 }),
      );
    }));

  it.each(["cuEventSynchronize", "cuMemcpyHtoDAsync_v2", "cuEventRecord", "cuStreamSynchronize", "cuCtxSetCurrent"])(
    "because %s does gives its CudaError from whatever thread, and the next one works",
    (name) =>
      withMemory(100_003, async ({ context, content, upload }) => {
        using uploader = new addon.Uploader(context, 4, 2, 1024);
        const all = [{ toOffset: 0, file: files[0]!, offset: 0, bytes: 100_003 }];
        const once = name === "cuStreamSynchronize" || name === "cuCtxSetCurrent";
        for (const nth of once ? [1] : [1, 2, 50, 98]) {
          fake.reset();
          fake.fail(name, nth, 700);
          await expect(upload(uploader, all), `${name} #${nth}`).rejects.toMatchObject({
            name: "CUDA_ERROR_ILLEGAL_ADDRESS",
            call: expect.stringContaining(name),
          });
          expect(await upload(uploader, all)).toBe(true);
          expect(content().equals(contents[0]!)).toBe(true);
        }
      }),
  );
});

it("refuses what it cannot upload, before anything is read", () =>
  withMemory(100, async ({ context, memory }) => {
    using uploader = new addon.Uploader(context, 2, 2, 64);
    const good = { to: memory, toOffset: 0, file: files[0]!, offset: 0, bytes: 10 };
    const refused = (copy: object) => () => uploader.upload([good, { ...good, ...copy }], new addon.Transfer());
    expect(refused({ toOffset: 95 })).toThrow("10 bytes at 95 lie outside the 100 bytes of the device memory");
    expect(refused({ bytes: -1 })).toThrow("argument bytes must be a whole number, 0 or more");
    expect(refused({ file: 2 ** 32 })).toThrow("4294967296 is no file descriptor");
    expect(refused({ to: {} })).toThrow("argument memory has the wrong type");
    expect(() => uploader.upload([good, 3] as never, new addon.Transfer())).toThrow("every one of the copies");
    expect(() => uploader.upload(good as never, new addon.Transfer())).toThrow("argument copies must be an array");
    expect(() => uploader.upload([good], uploader as never)).toThrow("argument transfer has the wrong type");
    for (const [threads, slots, slotBytes] of [
      [0, 1, 1],
      [1, 65, 1],
      [1, 1, 0],
      [1, 1, 2 ** 40],
    ] as const)
      expect(() => new addon.Uploader(context, threads, slots, slotBytes)).toThrow("an Uploader has 1 to 64 threads");
    expect(readFileSync(join(folder, "2")).equals(contents[2]!)).toBe(true);
  }));

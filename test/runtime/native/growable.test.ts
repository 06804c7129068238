import { closeSync, openSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Context, GrowableMemory, Stream } from "../../../runtime/native/index.js";
import { image, openFake } from "./fake-driver.js";

const { addon, fake } = openFake();
const PAGE = 2 << 20;

beforeEach(() => fake.reset());

/** Memory that may grow to five pages, gone again when the body is done; then nothing may be left. */
async function withGrowable(
  body: (memory: GrowableMemory, stream: Stream, context: Context) => void | Promise<void>,
): Promise<void> {
  {
    using context = new addon.Context(0);
    using stream = new addon.Stream(context);
    using memory = new addon.GrowableMemory(context, stream, 5 * PAGE);
    await body(memory, stream, context);
  }
  await expect.poll(() => fake.live()).toEqual([]);
}

const callsOf = (name: string) => fake.calls().filter((call) => call.startsWith(`${name} `));

describe("memory that grows", () => {
  it("takes addresses first and whole pages when they are wanted, and stays where it is", () =>
    withGrowable((memory, _stream, context) => {
      const { address } = memory;
      const { free } = context.memory();
      expect(address % BigInt(PAGE)).toBe(0n);
      expect(memory).toMatchObject({ byteLength: 0, capacity: 5 * PAGE });
      memory.grow(1);
      expect(memory.byteLength).toBe(PAGE);
      memory.grow(PAGE);
      memory.grow(0);
      expect(callsOf("cuMemCreate")).toEqual([`cuMemCreate ${PAGE}`]);
      memory.grow(3 * PAGE + 1);
      expect(callsOf("cuMemCreate")).toEqual([`cuMemCreate ${PAGE}`, `cuMemCreate ${3 * PAGE}`]);
      expect(memory.byteLength).toBe(4 * PAGE);
      expect(memory.address).toBe(address);
      expect(context.memory().free).toBe(free - 4 * PAGE);
    }));

  it("rounds its capacity up to whole pages, and refuses more", () =>
    withGrowable((_memory, stream, context) => {
      using memory = new addon.GrowableMemory(context, stream, PAGE + 1);
      expect(memory.capacity).toBe(2 * PAGE);
      memory.grow(2 * PAGE);
      const message = `${2 * PAGE + 1} bytes at 0 lie outside the ${2 * PAGE} bytes of the reserved addresses`;
      expect(() => memory.grow(2 * PAGE + 1)).toThrow(message);
    }));

  it("is written, filled, copied and read like any other, across its pages and no further", () =>
    withGrowable(async (memory, stream, context) => {
      memory.grow(1);
      memory.grow(PAGE + 1);
      stream.write(memory, PAGE - 2, Uint8Array.of(1, 2, 3, 4));
      using plain = new addon.Memory(context, 4);
      stream.copy(plain, 0, memory, PAGE - 1, 3);
      stream.copy(memory, 0, plain, 0, 3);
      using uploader = new addon.Uploader(context, 1, 2, 16);
      const executable = openSync(process.execPath, "r");
      const copy = { to: memory, toOffset: 3, file: executable, offset: 1, bytes: 1 };
      await uploader.upload([copy], new addon.Transfer());
      closeSync(executable);
      const start = new Uint8Array(4);
      stream.read(memory, 0, start);
      expect([...start]).toEqual([2, 3, 4, "E".charCodeAt(0)]);
      const message = `1 bytes at ${2 * PAGE} lie outside the ${2 * PAGE} bytes of the device memory`;
      expect(() => stream.fill(memory, 2 * PAGE, 1, 0)).toThrow(message);
      memory.grow(2 * PAGE + 1);
      stream.fill(memory, 2 * PAGE, 1, 0);
    }));

  it("serves a captured graph that was made before it grew", () =>
    withGrowable((memory, stream, context) => {
      memory.grow(4);
      using module = new addon.Module(context, image("append params=8,4"));
      using kernel = module.function("append");
      using launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [1] }, [0, 8], 12);
      const params = new DataView(launch.params());
      params.setBigUint64(0, memory.address + BigInt(PAGE), true);
      params.setInt32(8, 7, true);
      stream.beginCapture();
      launch.launch();
      using graph = stream.endCapture();
      using exec = graph.instantiate();
      memory.grow(PAGE + 4);
      exec.launch(stream);
      const word = new Uint8Array(4);
      stream.read(memory, PAGE, word);
      expect([...word]).toEqual([7, 0, 0, 0]);
    }));

  it("waits for its stream, then frees mapping by mapping", () =>
    withGrowable((memory) => {
      memory.grow(PAGE);
      memory.grow(3 * PAGE);
      fake.reset();
      memory.destroy();
      memory.destroy();
      expect(fake.calls()).toEqual([
        "cuStreamSynchronize",
        `cuMemUnmap ${PAGE}`,
        `cuMemUnmap ${2 * PAGE}`,
        `cuMemAddressFree ${5 * PAGE}`,
      ]);
      expect(() => memory.address).toThrow("this GrowableMemory has been destroyed");
      expect(() => memory.grow(1)).toThrow("this GrowableMemory has been destroyed");
      expect(memory).toMatchObject({ byteLength: 0, capacity: 0 });
    }));

  it("is kept by a graph that fills it, and let go with a capture that nobody ended", async () => {
    {
      using context = new addon.Context(0);
      const stream = new addon.Stream(context);
      const memory = new addon.GrowableMemory(context, stream, PAGE);
      memory.grow(PAGE);
      stream.beginCapture();
      stream.fill(memory, 0, 4, 1);
      memory.destroy();
      expect(fake.live()).toContain("pages 1");
      stream.destroy();
    }
    expect(fake.live()).toEqual([]);
  });

  it.each(["cuMemGetAllocationGranularity", "cuMemAddressReserve"])("is not made when %s fails", (name) =>
    withGrowable((_memory, stream, context) => {
      fake.reset();
      fake.fail(name, 1, 2);
      expect(() => new addon.GrowableMemory(context, stream, PAGE)).toThrow(`${name}(`);
      expect(fake.live()).toContain("reservations 1");
    }),
  );

  it.each(["cuMemCreate", "cuMemMap", "cuMemSetAccess"])(
    "is as before when %s fails, and can grow afterwards",
    (name) =>
      withGrowable((memory, stream, context) => {
        memory.grow(PAGE);
        stream.write(memory, 0, Uint8Array.of(5));
        const { free } = context.memory();
        fake.reset();
        fake.fail(name, 1, 2);
        expect(() => memory.grow(3 * PAGE)).toThrow(
          expect.objectContaining({
            name: "CUDA_ERROR_OUT_OF_MEMORY",
            call: `${name}(${2 * PAGE}${name === "cuMemCreate" ? ", device 0" : ""})`,
          }),
        );
        expect(memory.byteLength).toBe(PAGE);
        expect(context.memory().free).toBe(free);
        memory.grow(3 * PAGE);
        expect(memory.byteLength).toBe(3 * PAGE);
        const first = new Uint8Array(1);
        stream.read(memory, 0, first);
        expect([...first]).toEqual([5]);
      }),
  );
});

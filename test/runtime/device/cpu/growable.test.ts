import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { CpuDevice, OutOfBoundsError } from "../../../../runtime/device/cpu/index.js";
import { DeviceError, OutOfMemoryError } from "../../../../runtime/device/errors.js";
import * as d from "../../../compiler/ir/draft.js";

let device: CpuDevice;
beforeEach(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterEach(() => device.close());

/** x[64 p … 64 p + 63] += 1 in program p. */
const at = d.add(d.mul(d.programId(0), 64), d.arange(0, 64));
const bump = d.kernel(
  "bump",
  [d.ptr("x", "i32")],
  [d.declare("at", at), d.store(d.add("x", "at"), d.add(d.load(d.add("x", "at")), 1))],
  { builds: [d.build()] },
);
const load = () => device.loadKernels([inferTypes(bump).kernel]).kernel("bump");

const numbers = async (from: ReturnType<CpuDevice["reserve"]>): Promise<number[]> => {
  const into = new Int32Array(from.bytes / 4);
  await device.read(from, into);
  return [...into];
};
const times = (count: number, value: number): number[] => new Array<number>(count).fill(value);

describe("a buffer that grows on the CPU", () => {
  it("has what was asked for, at one address", () => {
    const buffer = device.reserve(100_000);
    const { address } = buffer;
    expect(buffer).toMatchObject({ bytes: 0, committed: 0, capacity: 100_000 });
    buffer.grow(1000);
    buffer.grow(500);
    expect(buffer).toMatchObject({ address, bytes: 1000, committed: 1000 });
    const view = buffer.view(10);
    buffer.grow(100_000);
    expect(view.bytes).toBe(990);
    expect(buffer).toMatchObject({ address, bytes: 100_000, committed: 100_000 });
    expect(() => buffer.grow(100_001)).toThrow("A buffer that was reserved for 100000 bytes cannot grow to 100001.");
    expect(() => buffer.grow(-1)).toThrow(DeviceError);
    expect(() => device.reserve(0.5)).toThrow("Cannot reserve 0.5 bytes.");
  });

  it("bounds kernels by what is committed", async () => {
    const x = device.reserve(4096);
    const kernel = load();
    x.grow(256);
    device.fill(x, 0);
    kernel.launch([2], { x });
    await expect(device.synchronize()).rejects.toThrow(OutOfBoundsError);
    kernel.launch([2], { x });
    await expect(device.synchronize()).rejects.toMatchObject({ parameter: "x", elements: 64 });
    x.grow(512);
    device.fill(x, 0);
    kernel.launch([2], { x });
    expect(await numbers(x)).toEqual(times(128, 1));
  });

  it("serves launches and graphs that were made before it grew", async () => {
    const x = device.reserve(4096);
    const kernel = load();
    const launch = kernel.prepare([2], { x });
    const graph = device.capture(() => {
      launch.run();
      kernel.launch([1], { x });
    });
    x.grow(512);
    device.fill(x, 0);
    // The first replay waits for the compiler, the others have their arguments in memory.
    graph.replay();
    await device.synchronize();
    graph.replay();
    launch.run();
    expect(await numbers(x)).toEqual([...times(64, 5), ...times(64, 3)]);
    const [wide, inside] = [kernel.prepare([4], { x }), kernel.prepare([2], { x: x.view(0) })];
    const wider = device.capture(() => wide.run());
    wider.replay();
    await expect(device.synchronize()).rejects.toMatchObject({ elements: 128 });
    x.grow(1024);
    device.fill(x, 0);
    wider.replay();
    inside.run();
    wide.set("x", x);
    wide.run();
    expect(await numbers(x)).toEqual([...times(128, 3), ...times(128, 2)]);
  });

  it("is known to overlap with itself before it has any memory", async () => {
    const reverse = d.kernel(
      "reverse",
      [d.ptr("x", "i32"), d.ptr("out", "i32")],
      [d.store(d.add("out", d.sub(63, d.arange(0, 64))), d.load(d.add("x", d.arange(0, 64))))],
      { builds: [d.build()] },
    );
    const x = device.reserve(256);
    const launch = device
      .loadKernels([inferTypes(reverse).kernel])
      .kernel("reverse")
      .prepare([1], { x, out: x });
    x.grow(256);
    const ramp = Int32Array.from({ length: 64 }, (_, index) => index);
    await device.write(x, ramp);
    launch.run();
    expect(await numbers(x)).toEqual([...ramp].reverse());
  });

  it("takes its addresses at once and memory later", () => {
    const before = device.heap.bytes.byteLength;
    const { free } = device.memory();
    const large = device.reserve(2 ** 31);
    expect(device.heap.bytes.byteLength).toBe(before);
    expect(device.memory().free).toBe(free - 2 ** 31);
    large.grow(2 ** 20);
    const small = device.alloc(256);
    expect(small.start >= large.start + 2 ** 31 || small.start < large.start).toBe(true);
    large.grow(2 ** 30);
    expect(device.heap.bytes.byteLength).toBeGreaterThanOrEqual(large.start + 2 ** 30);
    small.free();
    large.free();
    expect(device.memory().free).toBe(free);
    expect(() => large.grow(2 ** 30 + 1)).toThrow("was to grow after it was freed");
  });

  it("says what fits when it is reserved for more than there is", () => {
    const { free } = device.memory();
    const reserve = () => device.reserve(2 ** 33);
    expect(reserve).toThrow(OutOfMemoryError);
    expect(reserve).toThrow(/8192\.0 MiB wanted, 40\d\d\.\d MiB of 4096\.0 MiB free\. The CPU executor reaches 4 GiB/);
    expect(reserve).toThrow(expect.objectContaining({ wanted: 2 ** 33, committed: 0, free, total: 2 ** 32 }));
    device.reserve(free).free();
    const half = device.alloc(256);
    const between = device.alloc(1024);
    half.free();
    // The gap below is free too, but not in one piece with the rest.
    expect(() => device.reserve(free - 1024)).toThrow(expect.objectContaining({ free: free - 1280 }));
    between.free();
  });

  it("keeps what it has when the system gives no more", () => {
    const buffer = device.reserve(2 ** 30);
    buffer.grow(256);
    const { memory } = device.heap;
    memory.grow = () => {
      throw new RangeError("no");
    };
    expect(() => buffer.grow(2 ** 30)).toThrow(
      expect.objectContaining({ name: "OutOfMemoryError", wanted: 2 ** 30, committed: 256 }),
    );
    expect(buffer.committed).toBe(256);
    const { free } = device.memory();
    expect(() => device.alloc(2 ** 30)).toThrow(OutOfMemoryError);
    expect(device.memory().free).toBe(free);
    Reflect.deleteProperty(memory, "grow");
    buffer.grow(2 ** 30);
    expect(buffer.committed).toBe(2 ** 30);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Kernel } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { upload } from "../../../../runtime/device/arrays.js";
import { CpuDevice, OutOfBoundsError, type WasmStore } from "../../../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../../../runtime/device/device.js";
import * as d from "../../../compiler/ir/draft.js";

/** x[i] = x[i] · a + 1 */
const step = d.kernel(
  "step",
  [d.ptr("x", "f32"), d.scalarParam("a", "f32"), d.scalarParam("n", "i32"), d.constParam("BLOCK")],
  [
    d.declare(
      "at",
      d.add(d.mul(d.programId(0), "BLOCK"), {
        ...d.arange(0, 0),
        attrs: { start: [0], shape: [{ op: "name", args: ["BLOCK"] }] },
      } as ReturnType<typeof d.arange>),
    ),
    d.declare("inside", d.lt("at", "n")),
    d.store(d.add("x", "at"), d.add(d.mul(d.load(d.add("x", "at"), { mask: "inside" }), "a"), d.float(1)), {
      mask: "inside",
    }),
  ],
  { builds: [d.build({ BLOCK: 64 }), d.build({ BLOCK: 256 })] },
);

const typed = (draft: Kernel): Kernel => inferTypes(draft).kernel;

let device: CpuDevice;
const buffers: DeviceBuffer[] = [];
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 2, store: null });
});
afterEach(() => {
  for (const buffer of buffers.splice(0)) buffer.free();
});
afterAll(() => device.close());

async function numbers(...values: number[]): Promise<DeviceBuffer> {
  const buffer = await upload(device, Float32Array.from(values));
  buffers.push(buffer);
  return buffer;
}

async function read(buffer: DeviceBuffer): Promise<number[]> {
  const into = new Float32Array(buffer.bytes / 4);
  await device.read(buffer, into);
  return [...into];
}

const load = () => device.loadKernels([typed(step)]).kernel("step");

it("takes the first build's constants, of kernels that were never built, where they are left to tuning", async () => {
  const x = await numbers(1, 2);
  const kernel = device.loadKernels([{ ...typed(step), tune: ["BLOCK"] }]).kernel("step");
  const launch = kernel.prepare(({ BLOCK }) => [Number(BLOCK) / 64], { x, a: 2, n: 2 });
  expect(launch.build.constants).toEqual({ BLOCK: 64 });
  launch.run();
  expect(await read(x)).toEqual([3, 5]);
  expect(() => load().prepare([1], { x, a: 2, n: 2 })).toThrow("parameter BLOCK");
});

it("notices that data is detached while a write waits for what is queued", async () => {
  const x = await numbers(1, 2);
  load().launch([1], { x, a: 2, n: 2, BLOCK: 64 });
  const data = Float32Array.of(5, 6);
  const writing = expect(device.write(x, data)).rejects.toThrow("8 bytes were detached or resized");
  structuredClone(data, { transfer: [data.buffer] });
  await writing;
  expect(await read(x)).toEqual([3, 5]);
});

describe("launches", () => {
  it("run in the order they are queued", async () => {
    const x = await numbers(1, 2, 3);
    const kernel = load();
    for (const a of [2, 3, 0.5]) kernel.launch([1], { x, a, n: 3, BLOCK: 64 });
    expect(await read(x)).toEqual([6, 9, 12]);
  });

  it("take arguments as they are when they run", async () => {
    const [x, y] = [await numbers(1), await numbers(10)];
    const launch = load().prepare([1], { x, a: 2, n: 1, BLOCK: 64 });
    launch.run();
    launch.set("a", 100);
    launch.run();
    launch.set("x", y);
    launch.run();
    expect([...(await read(x)), ...(await read(y))]).toEqual([301, 1001]);
  });

  it("do nothing on an empty grid", async () => {
    const x = await numbers(4);
    load().launch([0], { x, a: 2, n: 1, BLOCK: 64 });
    expect(await read(x)).toEqual([4]);
  });

  it("may be many more than the ring has places", async () => {
    const x = await numbers(0);
    const launch = load().prepare([1], { x, a: 1, n: 1, BLOCK: 64 });
    for (let i = 0; i < 10_000; i++) launch.run();
    expect(await read(x)).toEqual([10_000]);
  });

  it("cost little to queue and to run", async () => {
    const x = await numbers(0);
    const launch = load().prepare([1], { x, a: 1, n: 1, BLOCK: 64 });
    const graph = device.capture(() => {
      for (let i = 0; i < 200; i++) launch.run();
    });
    graph.replay();
    await device.synchronize();
    const times = [];
    for (let i = 0; i < 10; i++) times.push(await device.time(() => graph.replay()));
    expect((Math.min(...times) * 1000) / 200).toBeLessThan(50);
  });
});

describe("constants", () => {
  it("may be any, not only those of the builds", async () => {
    const x = await numbers(...Array.from({ length: 20 }, (_, i) => i));
    load().launch([5], { x, a: 1, n: 20, BLOCK: 4 });
    expect(await read(x)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it("must be given where the builds leave a choice", async () => {
    const x = await numbers(1);
    expect(() => load().launch([1], { x, a: 1, n: 1 })).toThrow(
      "step, parameter BLOCK: expected one of what was built (BLOCK = 64; BLOCK = 256), got nothing",
    );
  });

  it("that make no size are refused", async () => {
    const x = await numbers(1);
    expect(() => load().launch([1], { x, a: 1, n: 1, BLOCK: 48 })).toThrow(/power of two|48/);
  });
});

describe("arguments", () => {
  it("are checked before anything runs", async () => {
    const x = await numbers(1);
    const kernel = load();
    expect(() => kernel.launch([1], { x, a: 1, n: 2 ** 40, BLOCK: 64 })).toThrow(
      /step, parameter n: expected a whole number/,
    );
    expect(() => kernel.launch([1], { x: 3, a: 1, n: 1, BLOCK: 64 })).toThrow(
      /step, parameter x: expected a buffer of CPU executor/,
    );
    expect(() => kernel.launch([1], { x, a: 1, n: 1, BLOCK: 64, m: 1 })).toThrow(/parameter m/);
  });

  it("that were freed are refused, also by a launch made before", async () => {
    const x = device.alloc(4);
    const launch = load().prepare([1], { x, a: 1, n: 1, BLOCK: 64 });
    x.free();
    expect(() => launch.run()).toThrow(/freed/);
  });
});

describe("graphs", () => {
  it("replay what was recorded, with the arguments of that time, and record without running", async () => {
    const x = await numbers(1);
    const y = device.alloc(4);
    buffers.push(y);
    const mirror = device.mirror(4);
    const launch = load().prepare([1], { x, a: 2, n: 1, BLOCK: 64 });
    const graph = device.capture(() => {
      launch.run();
      device.copy(y, x, 4);
      mirror.copyFrom(y, 4);
    });
    launch.set("a", 1000);
    expect(await read(x)).toEqual([1]);
    graph.replay();
    graph.replay();
    await mirror.arrived();
    expect(graph.launches).toBe(1);
    expect(new Float32Array(mirror.host)[0]).toBe(7);
    expect(await read(y)).toEqual([7]);
    graph.destroy();
    expect(() => graph.replay()).toThrow(/destroyed/);
    mirror.free();
  });

  it("do not nest and cannot wait", () => {
    expect(() => device.capture(() => void device.capture(() => undefined))).toThrow(/do not nest/);
    const x = device.alloc(4);
    buffers.push(x);
    let waiting: Promise<void> | undefined;
    device.capture(() => {
      waiting = device.read(x, new Float32Array(1));
    });
    return expect(waiting).rejects.toThrow(/call read outside/);
  });
});

describe("memory", () => {
  it("is copied and filled in the order of the queue", async () => {
    const size = 5 << 20;
    const [x, y] = [device.alloc(size), device.alloc(size)];
    buffers.push(x, y);
    device.fill(x, 7);
    device.copy(y.view(1, size - 1), x, size - 1);
    device.fill(x.view(0, 3), 9);
    const bytes = new Uint8Array(size);
    await device.read(y, bytes);
    expect(bytes.subarray(1).every((byte) => byte === 7)).toBe(true);
    await device.read(x, bytes);
    expect([...bytes.subarray(0, 5)]).toEqual([9, 9, 9, 7, 7]);
  });

  it("is aligned, counted and used again", () => {
    const before = device.memory().free;
    const made = [1, 300, 70_000, 0].map((bytes) => device.alloc(bytes));
    expect(made.every((buffer) => buffer.address % 256n === 0n)).toBe(true);
    expect(device.memory().free).toBeLessThan(before);
    for (const buffer of made) buffer.free();
    expect(device.memory().free).toBe(before);
  });

  it("of a buffer freed while work is queued is not given away before the work is done", async () => {
    const x = await upload(device, new Float32Array(64).fill(1));
    const kernel = load();
    const started = device.fill.bind(device);
    const large = device.alloc(64 << 20);
    for (let i = 0; i < 8; i++) started(large, i);
    const out = await numbers(...new Array<number>(64).fill(0));
    kernel.launch([1], { x, a: 3, n: 64, BLOCK: 64 });
    device.copy(out, x, 256);
    x.free();
    const others = Array.from({ length: 20 }, () => device.alloc(256));
    for (const other of others) new Uint8Array(device.heap.bytes.buffer, Number(other.address), 256).fill(255);
    expect(await read(out)).toEqual(new Array(64).fill(4));
    for (const buffer of [large, ...others]) buffer.free();
  });

  it("that is not there is an error that says what was free", () => {
    expect(() => device.alloc(5 * 2 ** 30)).toThrow(/Out of memory: 5120\.0 MiB wanted, .* MiB of 4096\.0 MiB free/);
    expect(() => device.alloc(-1)).toThrow(/Cannot allocate/);
  });

  it("outside of a buffer is not reached by views", () => {
    const x = device.alloc(16);
    buffers.push(x);
    expect(() => x.view(8, 9)).toThrow("9 bytes at 8 lie outside a buffer of 16 bytes.");
    expect(() => device.copy(x, x.view(4), 16)).toThrow(/lie outside/);
  });
});

describe("errors", () => {
  it("surface where the queue is waited for, once, and skip what was queued behind them", async () => {
    const [x, y] = [await numbers(1), await numbers(1)];
    const kernel = load();
    kernel.launch([1], { x, a: 1, n: 2, BLOCK: 64 });
    kernel.launch([1], { x: y, a: 1, n: 1, BLOCK: 64 });
    await expect(device.synchronize()).rejects.toBeInstanceOf(OutOfBoundsError);
    await expect(device.synchronize()).resolves.toBeUndefined();
    expect(await read(y)).toEqual([1]);
  });

  it("are told to who waits behind them, not to who waits for what was queued before", async () => {
    const [x, y] = [await numbers(1), await numbers(1)];
    const kernel = load();
    for (let round = 0; round < 50; round++) {
      kernel.launch([1], { x, a: 1, n: 1, BLOCK: 64 });
      const before = device.synchronize();
      kernel.launch([1], { x: y, a: 1, n: 2, BLOCK: 64 });
      const behind = device.synchronize();
      const both = await Promise.allSettled([before, behind]);
      expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    }
    expect(await read(x)).toEqual([51]);
  });

  it("name a buffer of another device", async () => {
    const other = await CpuDevice.open({ threads: 1, store: null });
    const theirs = other.alloc(4);
    expect(() => load().launch([1], { x: theirs, a: 1, n: 1, BLOCK: 64 })).toThrow(/parameter x/);
    expect(() => device.fill(theirs, 0)).toThrow(/was given to/);
    other.close();
    expect(() => other.alloc(4)).toThrow(/after it was closed/);
  });

  it("tell who waits that the device was closed", async () => {
    const other = await CpuDevice.open({ threads: 1, store: null });
    const large = other.alloc(256 << 20);
    for (let i = 0; i < 20; i++) other.fill(large, i);
    const waiting = other.synchronize();
    other.close();
    await expect(waiting).rejects.toThrow(/closed while work was queued/);
  });

  it("list the kernels when one is unknown", () => {
    expect(() => device.loadKernels([typed(step)]).kernel("stop")).toThrow(/it has no kernel "stop"\. It has: step\./);
  });

  it("say how many threads there can be", async () => {
    await expect(CpuDevice.open({ threads: 0 })).rejects.toThrow(
      /threads is 0: it must be a whole number from 1 to 256/,
    );
  });
});

it("compiled kernels come from the store the second time, damaged ones are compiled again", async () => {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const asked: boolean[] = [];
  const store: WasmStore = {
    get: async (key) => {
      asked.push(kept.has(key));
      return kept.get(key) ?? null;
    },
    put: async (key, wasm) => {
      kept.set(key, new Uint8Array(wasm));
    },
  };
  for (const expected of [[false], [false, true], [false, true, true]]) {
    const own = await CpuDevice.open({ threads: 1, store });
    const x = await upload(own, Float32Array.of(1, 2));
    own
      .loadKernels([typed(step)])
      .kernel("step")
      .launch([1], { x, a: 2, n: 2, BLOCK: 64 });
    const into = new Float32Array(2);
    await own.read(x, into);
    expect([...into]).toEqual([3, 5]);
    expect(asked).toEqual(expected);
    own.close();
    // The third round finds a damaged file.
    if (expected.length === 2) for (const key of kept.keys()) kept.set(key, Uint8Array.of(1, 2, 3));
  }
  expect([...kept.values()].every((wasm) => wasm.length > 100)).toBe(true);
});

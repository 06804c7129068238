import { beforeEach, describe, expect, it } from "vitest";
import type { Context, PreparedLaunch, Stream } from "../../../runtime/native/index.js";
import { image, openFake } from "./fake-driver.js";

const { addon, fake, version } = openFake();

beforeEach(() => fake.reset());

/** A context and a stream, gone again when the body is done; then nothing may be left. */
async function withStream(body: (context: Context, stream: Stream) => void | Promise<void>): Promise<void> {
  {
    using context = new addon.Context(0);
    using stream = new addon.Stream(context);
    await body(context, stream);
  }
  // The memory of a detached ArrayBuffer is let go on a later turn of the event loop.
  await expect.poll(() => fake.live()).toEqual([]);
}

/** append(int* out, int digit) of the fake: out = out * 10 + digit. */
function prepareAppend(context: Context, stream: Stream, address: bigint, digit: number): PreparedLaunch {
  using module = new addon.Module(context, image("append params=8,4"));
  using kernel = module.function("append");
  const launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [32] }, [0, 8], 12);
  const params = new DataView(launch.params());
  params.setBigUint64(0, address, true);
  params.setInt32(8, digit, true);
  return launch;
}

describe("devices", () => {
  it("are described without a context", () => {
    expect(version).toBe(13000);
    expect(addon.countDevices()).toBe(1);
    expect(addon.describeDevice(0)).toEqual({
      ordinal: 0,
      name: "Fake GPU",
      totalBytes: 2 ** 30,
      computeMajor: 9,
      computeMinor: 0,
      multiprocessors: 132,
      clockKHz: 1980000,
      l2Bytes: 52428800,
      maxThreadsPerBlock: 1024,
      sharedBytesPerBlock: 49152,
      sharedBytesPerBlockOptIn: 232448,
      sharedBytesPerMultiprocessor: 233472,
      virtualMemory: 1,
    });
    expect(() => addon.describeDevice(1)).toThrow("cuDeviceGet(1)");
  });
});

describe("memory", () => {
  it("is allocated, counted and freed once", () =>
    withStream((context) => {
      const memory = new addon.Memory(context, 1000);
      expect(memory.byteLength).toBe(1000);
      expect(memory.address % 256n).toBe(0n);
      expect(context.memory()).toEqual({ free: 2 ** 30 - 1000, total: 2 ** 30 });
      memory.destroy();
      memory.destroy();
      expect(context.memory().free).toBe(2 ** 30);
      expect(() => memory.address).toThrow("this Memory has been destroyed");
    }));

  it("is written and read through a stream, in part and as a whole", () =>
    withStream(async (context, stream) => {
      using memory = new addon.Memory(context, 8);
      stream.write(memory, 0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
      stream.write(memory, 2, Uint8Array.of(30, 40));
      const all = new Uint8Array(8);
      stream.read(memory, 0, all);
      expect([...all]).toEqual([1, 2, 30, 40, 5, 6, 7, 8]);
      const part = new Uint8Array(all.buffer, 4, 2);
      stream.read(memory, 2, part);
      expect([...all]).toEqual([1, 2, 30, 40, 30, 40, 7, 8]);
    }));

  it("is copied and filled on the device", () =>
    withStream((context, stream) => {
      using from = new addon.Memory(context, 8);
      using to = new addon.Memory(context, 8);
      stream.fill(from, 0, 8, 7);
      stream.fill32(from, 4, 1, 0x04030201);
      stream.fill(to, 0, 8, 0);
      stream.copy(to, 1, from, 3, 4);
      const bytes = new Uint8Array(8);
      stream.read(to, 0, bytes);
      expect([...bytes]).toEqual([0, 7, 1, 2, 3, 0, 0, 0]);
    }));

  it("is refused outside its bounds", () =>
    withStream(async (context, stream) => {
      using memory = new addon.Memory(context, 8);
      const message = "4 bytes at 6 lie outside the 8 bytes of the device memory";
      expect(() => stream.write(memory, 6, new Uint8Array(4))).toThrow(message);
      expect(() => stream.read(memory, 6, new Uint8Array(4))).toThrow(message);
      expect(() => stream.fill(memory, 6, 4, 0)).toThrow(message);
      expect(() => stream.copy(memory, 0, memory, 6, 4)).toThrow(message);
      expect(() => stream.fill32(memory, 0, 3, 0)).toThrow("12 bytes at 0");
    }));

  it("on the host is pinned, shared with the device, and detached when freed", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 4);
      const pinned = new addon.PinnedMemory(context, 4);
      expect(pinned.buffer).toBe(pinned.buffer);
      const bytes = new Uint8Array(pinned.buffer);
      bytes.set([1, 2, 3, 4]);
      stream.enqueueWrite(memory, 0, pinned, 0, 4);
      bytes.fill(0);
      stream.enqueueRead(memory, 1, pinned, 0, 3);
      stream.synchronize();
      expect([...bytes]).toEqual([2, 3, 4, 0]);
      pinned.destroy();
      expect(bytes.byteLength).toBe(0);
    }));
});

describe("streams and events", () => {
  it("order and time work", () =>
    withStream(async (context, stream) => {
      using other = new addon.Stream(context, -1);
      using start = new addon.Event(context, true);
      using end = new addon.Event(context, true);
      stream.record(start);
      other.wait(start);
      stream.record(end);
      end.synchronize();
      await end.synchronizeAsync();
      expect(end.done()).toBe(true);
      expect(end.elapsedSince(start)).toBeGreaterThanOrEqual(0);
      await stream.synchronizeAsync();
      context.synchronize();
      await context.synchronizeAsync();
      expect(stream.done()).toBe(true);
      fake.set("PENDING", 1);
      expect(stream.done()).toBe(false);
      expect(end.done()).toBe(false);
      expect(fake.calls()).toContain("cuStreamCreateWithPriority 1 -1");
    }));

  it("leave the event loop free in their async forms", () =>
    withStream(async (context, stream) => {
      fake.set("DELAY", 100);
      let ticks = 0;
      const timer = setInterval(() => ticks++, 5);
      using _module = await addon.Module.load(context, image("append params=8,4"));
      await stream.synchronizeAsync();
      clearInterval(timer);
      expect(ticks).toBeGreaterThan(2);
      fake.set("DELAY", 0);
    }));

  it("stay alive while work on another thread uses them", () =>
    withStream(async (context) => {
      fake.set("DELAY", 20);
      const other = new addon.Stream(context);
      const event = new addon.Event(context, false);
      other.record(event);
      const waiting = [event.synchronizeAsync(), other.synchronizeAsync()];
      event.destroy();
      other.destroy();
      await Promise.all(waiting);
    }));
});

describe("modules", () => {
  it("give functions with attributes and parameter layouts", () =>
    withStream((context) => {
      using module = new addon.Module(context, image("k params=8,1,4,128 registers=40 shared=64 local=8 threads=512"));
      using kernel = module.function("k");
      expect(kernel.name).toBe("k");
      expect(kernel.attributes()).toEqual({
        maxThreads: 512,
        sharedBytes: 64,
        constBytes: 0,
        localBytes: 8,
        registers: 40,
        ptxVersion: 90,
        binaryVersion: 90,
      });
      expect(kernel.parameters()).toEqual([
        { offset: 0, bytes: 8 },
        { offset: 8, bytes: 1 },
        { offset: 12, bytes: 4 },
        { offset: 64, bytes: 128 },
      ]);
      expect(kernel.maxActiveBlocks(256, 1024)).toBe(8);
      kernel.allowLargeClusters();
      kernel.allowSharedBytes(100_000);
      expect(fake.calls()).toContain("cuFuncSetAttribute k 8 100000");
      expect(() => module.function("missing")).toThrow("cuModuleGetFunction(missing)");
    }));

  it("tell nothing of parameters on a driver that cannot", () =>
    withStream((context) => {
      fake.set("PARAMETERS", 0);
      using module = new addon.Module(context, image("k params=8"));
      using kernel = module.function("k");
      expect(kernel.parameters()).toBeNull();
    }));

  it("pass on the driver's log", () =>
    withStream((context) => {
      fake.failModules("ptxas fatal: unsupported .version 9.4");
      expect(() => new addon.Module(context, image("k params=8"))).toThrow("ptxas fatal: unsupported .version 9.4");
    }));

  it("stay loaded while a launch of theirs lives", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 4);
      using launch = prepareAppend(context, stream, memory.address, 3);
      expect(fake.live()).toContain("modules 1");
      stream.fill(memory, 0, 4, 0);
      launch.launch();
      const out = new Int32Array(1);
      stream.read(memory, 0, new Uint8Array(out.buffer));
      expect(out[0]).toBe(3);
    }));
});

describe("launches", () => {
  it("carry grid, block, cluster, shared memory and attributes", () =>
    withStream((context, stream) => {
      using module = new addon.Module(context, image("k params=4"));
      using kernel = module.function("k");
      const config = {
        grid: [2, 3, 4],
        block: [128],
        cluster: [2, 1, 1],
        sharedBytes: 1024,
        pdl: true,
        cooperative: true,
      } as const;
      using launch = new addon.PreparedLaunch(kernel, stream, config, [4], 8);
      new DataView(launch.params()).setInt32(4, 0x01020304, true);
      launch.launch();
      launch.setGrid(5, 1, 1);
      using other = new addon.Stream(context);
      launch.setStream(other);
      new DataView(launch.params()).setInt32(4, 5, true);
      launch.launch();
      launch.setGrid(0, 1, 1);
      launch.launch();
      const attributes = "attribute4=2,1,1 attribute5=1 attribute6=1 attribute2=1";
      expect(fake.launches()).toEqual([
        `k grid=2,3,4 block=128,1,1 shared=1024 ${attributes} params=04030201`,
        `k grid=5,1,1 block=128,1,1 shared=1024 ${attributes} params=05000000`,
      ]);
    }));

  it("run as a list, in order", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 4);
      stream.fill(memory, 0, 4, 0);
      const launches = [1, 2, 3].map((digit) => prepareAppend(context, stream, memory.address, digit));
      new addon.LaunchList([...launches, launches[0]!]).launch();
      const out = new Int32Array(1);
      stream.read(memory, 0, new Uint8Array(out.buffer));
      expect(out[0]).toBe(1231);
      for (const launch of launches) launch.destroy();
      expect(() => launches[0]!.launch()).toThrow("destroyed");
    }));

  it("leave the argument block valid for whoever still holds it", () =>
    withStream((context, stream) => {
      const launch = prepareAppend(context, stream, 0n, 7);
      const params = new DataView(launch.params());
      launch.destroy();
      expect(params.getInt32(8, true)).toBe(7);
    }));

  it("name kernel and configuration when the driver refuses them", () =>
    withStream((context, stream) => {
      using module = new addon.Module(context, image("greedy params=4"));
      using kernel = module.function("greedy");
      using launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [64], sharedBytes: 60000 }, [0], 4);
      expect(() => launch.launch()).toThrow(
        "cuLaunchKernelEx(greedy, grid 1x1x1, block 64x1x1, 60000 bytes of shared memory)",
      );
    }));
});

describe("graphs", () => {
  it("replay what was captured, in order, and keep it alive", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 4);
      using pinned = new addon.PinnedMemory(context, 4);
      stream.fill(memory, 0, 4, 0);
      stream.beginCapture();
      for (const digit of [4, 5]) {
        using launch = prepareAppend(context, stream, memory.address, digit);
        launch.launch();
      }
      stream.enqueueRead(memory, 0, pinned, 0, 4);
      using graph = stream.endCapture();
      expect(fake.launches()).toEqual([]);
      expect(graph.nodes()).toEqual({ total: 3, kernels: 2 });
      using exec = graph.instantiate();
      graph.destroy();
      exec.upload(stream);
      exec.launch(stream);
      exec.launch(stream);
      expect(new Int32Array(pinned.buffer)[0]).toBe(4545);
      expect(fake.live()).toContain("modules 2");
    }));

  it("are dropped whole when capture breaks off", () =>
    withStream((_context, stream) => {
      fake.fail("cuStreamEndCapture", 1, 700);
      stream.beginCapture();
      expect(() => stream.endCapture()).toThrow("cuStreamEndCapture()");
    }));
});

describe("tensor maps", () => {
  it("are encoded field by field", () => {
    const map = addon.encodeTensorMap({
      type: 9,
      address: 4096n,
      dims: [64, 32],
      strides: [128],
      box: [64, 16],
      swizzle: 3,
      promotion: 2,
      fill: 1,
    });
    expect(map.byteLength).toBe(128);
    const words = new BigUint64Array(map.buffer);
    expect(words[0]).toBe(4096n);
    expect(words[2]).toBe(64n | (64n << 48n));
    expect(words[3]).toBe(32n | (16n << 48n));
    expect(words[8]).toBe(128n);
    expect(fake.calls()).toEqual(["cuTensorMapEncodeTiled 9 2 0 3 2 1"]);
  });

  it("show what was asked when the driver refuses", () => {
    const map = { type: 9, address: 8n, dims: [64], strides: [], box: [64], swizzle: 0, promotion: 2, fill: 0 };
    expect(() => addon.encodeTensorMap(map)).toThrow(
      "cuTensorMapEncodeTiled(type 9, address 8, dims [64], strides [], box [64], swizzle 0)",
    );
  });
});

describe("objects of the wrong class", () => {
  it("are refused by name, whatever they pretend to be", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 4);
      const disguised = Object.setPrototypeOf({}, addon.Memory.prototype) as typeof memory;
      expect(() => stream.write(stream as never, 0, new Uint8Array(1))).toThrow("argument memory has the wrong type");
      expect(() => stream.write(disguised, 0, new Uint8Array(1))).toThrow("argument memory has the wrong type");
      expect(() => addon.Memory.prototype.destroy.call(stream)).toThrow("Illegal invocation");
      expect(() => new addon.Memory(memory as never, 4)).toThrow("argument context has the wrong type");
      expect(() => new addon.Memory(context, -1)).toThrow("argument bytes must be a whole number");
      expect(() => (addon.Memory as unknown as () => void)()).toThrow("call it with new");
      expect(() => stream.write(memory, 0, "text" as never)).toThrow("argument source must be a Uint8Array");
    }));
});

/** The add-on's own surface, used as nobody should: every answer is an error, and the process lives. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Context, Stream } from "../../../runtime/native/index.js";
import { image, openFake } from "./fake-driver.js";

const { addon, fake } = openFake();

beforeEach(() => fake.reset());
afterEach(() => expect.poll(() => fake.live()).toEqual([]));

function withStream(body: (context: Context, stream: Stream) => void): void {
  using context = new addon.Context(0);
  using stream = new addon.Stream(context);
  body(context, stream);
}

/** One object of each class that has members. */
function everything(context: Context, stream: Stream) {
  const module = new addon.Module(context, image("append params=8,4"));
  const kernel = module.function("append");
  const launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [1] }, [0, 8], 12);
  stream.beginCapture();
  const graph = stream.endCapture();
  return {
    Context: context,
    Stream: stream,
    Memory: new addon.Memory(context, 8),
    GrowableMemory: new addon.GrowableMemory(context, stream, 8),
    DealtMemory: new addon.DealtMemory([context], [stream], 2 << 20, 1, true),
    PinnedMemory: new addon.PinnedMemory(context, 8),
    Event: new addon.Event(context, true),
    Module: module,
    Function: kernel,
    PreparedLaunch: launch,
    LaunchList: new addon.LaunchList([launch]),
    Graph: graph,
    GraphExec: graph.instantiate(),
    Uploader: new addon.Uploader(context, 1, 1, 16),
    Transfer: new addon.Transfer(),
  };
}

describe("members taken to another object", () => {
  it("are refused by all of them, getters too", () =>
    withStream((context, stream) => {
      const objects = everything(context, stream);
      const strangers: unknown[] = [...Object.values(objects), {}, 1, null, undefined, new Proxy(stream, {})];
      let tried = 0;
      for (const [name, own] of Object.entries(objects)) {
        const prototype = Object.getPrototypeOf(own) as object;
        for (const [member, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
          if (member === "constructor") continue;
          for (const stranger of strangers) {
            if (stranger === own || typeof stranger === "symbol") continue;
            tried++;
            expect(() => (get ?? value).call(stranger), `${name}.${member}`).toThrow(TypeError);
          }
        }
      }
      expect(tried).toBeGreaterThan(500);
      for (const one of Object.values(objects)) if ("destroy" in one) one.destroy();
    }));

  it("are refused by an object whose constructor threw, and by one that was never made", () =>
    withStream((context, stream) => {
      const { PreparedLaunch } = addon;
      let half: unknown;
      const grasp = { get: (_: object, key: string | symbol) => key === "prototype" && PreparedLaunch.prototype };
      expect(() => Reflect.construct(PreparedLaunch, [], new Proxy(PreparedLaunch, grasp as never))).toThrow(TypeError);
      expect(() => PreparedLaunch.prototype.launch.call(Object.create(PreparedLaunch.prototype))).toThrow(TypeError);
      half = Object.setPrototypeOf(new addon.Memory(context, 8), addon.Stream.prototype);
      expect(() => (half as Stream).fill(half as never, 0, 1, 0)).toThrow(TypeError);
      expect(() => stream.record(half as never)).toThrow("argument event has the wrong type");
      addon.Memory.prototype.destroy.call(half as never);
    }));
});

describe("arguments whose conversion destroys what is used", () => {
  it("are not converted, or find it destroyed", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 8);
      const module = new addon.Module(context, image("append params=8,4"));
      const doom = (doomed: { destroy(): void }) => {
        const end = () => {
          doomed.destroy();
          return 0;
        };
        return { valueOf: end, toString: end, [Symbol.toPrimitive]: end } as never;
      };
      expect(() => stream.fill32(memory, 0, 1, doom(stream))).toThrow("argument value must be a whole number");
      expect(() => stream.fill(memory, doom(stream), 1, 0)).toThrow("argument offset must be a whole number");
      expect(() => module.function(doom(module))).toThrow("argument name must be a string");
      using kernel = module.function("append");
      module.destroy();
      const doomed = new addon.Stream(context);
      const config = {
        get grid(): [number] {
          doomed.destroy();
          kernel.destroy();
          return [1];
        },
        block: [1],
      } as const;
      using launch = new addon.PreparedLaunch(kernel, doomed, config, [0, 8], 12);
      new DataView(launch.params()).setBigUint64(0, memory.address, true);
      launch.launch();
      expect(() => launch.setStream(doomed)).toThrow("this Stream has been destroyed");
      const uploader = new addon.Uploader(context, 1, 1, 16);
      const copy = {
        get to() {
          uploader.destroy();
          return memory;
        },
        ...{ toOffset: 0, file: 0, offset: 0, bytes: 0 },
      };
      expect(() => uploader.upload([copy], new addon.Transfer())).toThrow("this Uploader has been destroyed");
    }));
});

describe("numbers", () => {
  const wrong = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 64, "1", 1n, null, {}];

  it.each(wrong)("%s is refused wherever a size, place or count is wanted", (value) =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 8);
      using pinned = new addon.PinnedMemory(context, 8);
      using growable = new addon.GrowableMemory(context, stream, 8);
      using module = new addon.Module(context, image("append params=8,4"));
      using kernel = module.function("append");
      const prepare = (config: object, offsets: unknown = [0, 8], bytes: unknown = 12) =>
        new addon.PreparedLaunch(kernel, stream, config as never, offsets as never, bytes as never);
      using launch = prepare({ grid: [1], block: [1] });
      const x = value as never;
      const one = { to: memory, toOffset: 0, file: 0, offset: 0, bytes: 0 };
      using uploader = new addon.Uploader(context, 1, 1, 16);
      const upload = (change: object) => uploader.upload([{ ...one, ...change }], new addon.Transfer());
      const uses: (() => unknown)[] = [
        () => new addon.Context(x),
        () => addon.describeDevice(x),
        () => new addon.Memory(context, x),
        () => new addon.PinnedMemory(context, x),
        () => new addon.GrowableMemory(context, stream, x),
        () => new addon.Uploader(context, x, 1, 16),
        () => new addon.Uploader(context, 1, x, 16),
        () => new addon.Uploader(context, 1, 1, x),
        () => growable.grow(x),
        () => stream.fill(memory, x, 1, 0),
        () => stream.fill(memory, 0, x, 0),
        () => stream.fill(memory, 0, 1, x),
        () => stream.fill32(memory, 0, x, 0),
        () => stream.fill32(memory, 0, 1, x),
        () => stream.copy(memory, x, memory, 0, 1),
        () => stream.copy(memory, 0, memory, 0, x),
        () => stream.write(memory, x, new Uint8Array(1)),
        () => stream.read(memory, x, new Uint8Array(1)),
        () => stream.enqueueRead(memory, 0, pinned, x, 1),
        () => stream.enqueueWrite(memory, 0, pinned, 0, x),
        () => kernel.allowSharedBytes(x),
        () => kernel.maxActiveBlocks(x, 0),
        () => launch.setGrid(1, x, 1),
        () => prepare({ grid: [x], block: [1] }),
        () => prepare({ grid: [1], block: [1, 1, x] }),
        () => prepare({ grid: [1], block: [1], sharedBytes: x }),
        () => prepare({ grid: [1], block: [1] }, [0, x]),
        () => prepare({ grid: [1], block: [1] }, [0, 8], x),
        () => upload({ toOffset: x }),
        () => upload({ file: x }),
        () => upload({ offset: x }),
        () => upload({ bytes: x }),
      ];
      fake.reset();
      for (const use of uses) expect(use, String(use)).toThrow(/TypeError|RangeError|must|lie outside|has 1 to 64/);
      expect(fake.calls()).toEqual([]);
    }),
  );

  it("are not cut to the driver's width", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 8);
      using module = new addon.Module(context, image("append params=8,4"));
      using kernel = module.function("append");
      const prepare = (config: object) => new addon.PreparedLaunch(kernel, stream, config as never, [0, 8], 12);
      using launch = prepare({ grid: [1], block: [1] });
      const map = { type: 9, address: 0n, dims: [64], strides: [], box: [64], swizzle: 0, promotion: 2, fill: 0 };
      const uses: (() => unknown)[] = [
        () => new addon.Context(2 ** 32),
        () => addon.describeDevice(2 ** 32),
        () => new addon.Stream(context, 2 ** 32),
        () => new addon.Stream(context, 0.5),
        () => stream.fill(memory, 0, 1, 256),
        () => stream.fill32(memory, 0, 1, 2 ** 32),
        () => kernel.allowSharedBytes(2 ** 31),
        () => kernel.maxActiveBlocks(2 ** 32 + 32, 0),
        () => prepare({ grid: [2 ** 32 + 1], block: [1] }),
        () => prepare({ grid: [1], block: [2 ** 32 + 1] }),
        () => prepare({ grid: [1, 1, 1, 1], block: [1] }),
        () => prepare({ grid: [], block: [1] }),
        () => prepare({ grid: [1], block: [1], sharedBytes: 2 ** 32 }),
        () => launch.setGrid(2 ** 32 + 1, 1, 1),
        () => addon.encodeTensorMap({ ...map, box: [2 ** 32 + 64] }),
        () => addon.encodeTensorMap({ ...map, type: 2 ** 32 + 9 }),
        () => addon.encodeTensorMap({ ...map, address: -1n }),
        () => addon.encodeTensorMap({ ...map, address: 2n ** 64n }),
      ];
      for (const use of uses) expect(use, String(use)).toThrow(/^argument/);
    }));
});

describe("launches", () => {
  it("have a place for every parameter of the kernel, as the driver tells them", () =>
    withStream((context, stream) => {
      using module = new addon.Module(context, image("append params=8,4"));
      using kernel = module.function("append");
      const prepare = (offsets: number[], bytes: number) =>
        new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [1] }, offsets, bytes);
      expect(() => prepare([0], 8)).toThrow("append has 2 parameters and was given 1 offsets");
      expect(() => prepare([0, 8, 12], 16)).toThrow("append has 2 parameters and was given 3 offsets");
      expect(() => prepare([0, 8], 11)).toThrow("4 bytes at 8 lie outside the 11 bytes of the argument block");
      expect(() => prepare([0, 8], 32765)).toThrow(
        "argument bytes must be a whole number, 0 or more, and at most 32764",
      );
    }));

  it("say how many there are where the driver cannot tell", () =>
    withStream((context, stream) => {
      fake.set("PARAMETERS", 0);
      using module = new addon.Module(context, image("append params=8,4"));
      using kernel = module.function("append");
      const prepare = (parameters?: number) =>
        new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [1] }, [0, 8], 12, parameters);
      expect(() => prepare()).toThrow("this driver cannot tell how many parameters append has");
      expect(() => prepare(3)).toThrow("append has 3 parameters and was given 2 offsets");
      prepare(2).destroy();
    }));
});

describe("captures", () => {
  it("take no copies of JavaScript's memory", () =>
    withStream((context, stream) => {
      using memory = new addon.Memory(context, 8);
      stream.beginCapture();
      for (const use of [stream.write, stream.read])
        expect(() => use.call(stream, memory, 0, new Uint8Array(8))).toThrow("nothing can wait inside a capture");
      using graph = stream.endCapture();
      expect(graph.nodes().total).toBe(0);
    }));

  it("do not reach other streams through an event", () =>
    withStream((context, stream) => {
      using other = new addon.Stream(context);
      using event = new addon.Event(context, false);
      stream.beginCapture();
      stream.record(event);
      stream.wait(event);
      expect(() => other.wait(event)).toThrow("can be waited for on the captured stream only");
      stream.endCapture().destroy();
      expect(() => stream.wait(event)).toThrow("can be waited for on the captured stream only");
      stream.record(event);
      other.wait(event);
    }));
});

describe("text", () => {
  it("has no NUL in it", () =>
    withStream((context) => {
      using module = new addon.Module(context, image("append params=8,4"));
      expect(() => module.function("append\0x")).toThrow("argument name must not have NUL characters in it");
      expect(() => addon.openDriver("libcuda.so.1\0x")).toThrow("argument path must not have NUL characters in it");
    }));
});

describe("an error factory that throws", () => {
  const restore = () => addon.setErrorFactory((_code, name, text) => Object.assign(new Error(text), { name }));

  it("has its own error thrown, from methods, launches and promises alike", async () => {
    using context = new addon.Context(0);
    using stream = new addon.Stream(context);
    using event = new addon.Event(context, false);
    using module = new addon.Module(context, image("append params=8,4"));
    using kernel = module.function("append");
    using launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [1] }, [0, 8], 12);
    addon.setErrorFactory(() => {
      throw new RangeError("no error today");
    });
    try {
      fake.fail("cuMemAlloc_v2", 1, 700);
      fake.fail("cuLaunchKernelEx", 1, 700);
      fake.fail("cuEventSynchronize", 1, 700);
      expect(() => new addon.Memory(context, 8)).toThrow("no error today");
      expect(() => launch.launch()).toThrow("no error today");
      await expect(event.synchronizeAsync()).rejects.toThrow("no error today");
    } finally {
      restore();
    }
  });
});

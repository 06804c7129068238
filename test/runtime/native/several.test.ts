/** What the add-on does with several devices. Device memory of the fake is reached by its own device, by peers, and as access was given. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Context, DealtMemory, Stream } from "../../../runtime/native/index.js";
import { image, openFake } from "./fake-driver.js";

const { addon, fake } = openFake();
const PAGE = 2 << 20;

beforeEach(() => {
  fake.reset();
  fake.set("DEVICES", 3);
});

type Card = { readonly context: Context; readonly stream: Stream };

/** Two devices with a stream each; when the body is done nothing may be left. */
async function withTwo(body: (one: Card, other: Card) => void | Promise<void>): Promise<void> {
  {
    using first = new addon.Context(0);
    using second = new addon.Context(1);
    using stream = new addon.Stream(first);
    using next = new addon.Stream(second);
    await body({ context: first, stream }, { context: second, stream: next });
  }
  await expect.poll(() => fake.live(), { interval: 1 }).toEqual([]);
}

const deal = (cards: readonly Card[], blocks = 8, own = true): DealtMemory =>
  new addon.DealtMemory(
    cards.map(({ context }) => context),
    cards.map(({ stream }) => stream),
    PAGE,
    blocks,
    own,
  );

const byteAt = ({ stream }: Card, memory: Parameters<Stream["read"]>[0], offset: number): number => {
  const byte = new Uint8Array(1);
  stream.read(memory, offset, byte);
  return byte[0]!;
};

describe("devices", () => {
  it("are described in pairs", () => {
    expect(addon.describeLink(0, 2)).toEqual({ access: true, performanceRank: 0, nativeAtomics: true });
    fake.set("PEERS 0 2", 0);
    fake.set("RANK", 3);
    fake.set("ATOMICS", 0);
    expect(addon.describeLink(0, 2)).toEqual({ access: false, performanceRank: 3, nativeAtomics: false });
    expect(addon.describeLink(2, 0).access).toBe(true);
    expect(() => addon.describeLink(0, 3)).toThrow("cuDeviceGet(3)");
    expect(() => addon.describeLink(1, 1)).toThrow("cuDeviceGetP2PAttribute(performanceRank, 1, 1)");
  });

  it("reach each other once or again, and themselves in any case", () =>
    withTwo((one, other) => {
      for (let time = 0; time < 3; time++) one.context.reach(other.context);
      one.context.reach(one.context);
      expect(fake.calls().filter((call) => call.startsWith("cuCtxEnable"))).toEqual(
        Array(3).fill("cuCtxEnablePeerAccess 0 1"),
      );
      fake.set("PEERS", 0);
      expect(() => other.context.reach(one.context)).toThrow(
        expect.objectContaining({
          name: "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED",
          call: "cuCtxEnablePeerAccess(device 1, device 0)",
        }),
      );
    }));

  it("have streams that wait for each other's events, and for no more", () =>
    withTwo((one, other) => {
      using event = new addon.Event(one.context, false);
      one.stream.record(event);
      other.stream.wait(event);
      expect(() => other.stream.record(event)).toThrow("cuEventRecord(");
    }));

  it("run their own kernels only", () =>
    withTwo((one, other) => {
      using module = new addon.Module(one.context, image("append params=8,4"));
      using kernel = module.function("append");
      using launch = new addon.PreparedLaunch(kernel, other.stream, { grid: [1], block: [1] }, [0, 8], 12);
      expect(() => launch.launch()).toThrow("cuLaunchKernelEx(append");
      launch.setStream(one.stream);
      launch.launch();
    }));
});

describe("borrowed memory", () => {
  it("is used where it lies, by a device that reaches it", () =>
    withTwo((one, other) => {
      using memory = new addon.Memory(one.context, 8);
      using borrowed = other.stream.borrow(memory);
      expect(borrowed).toMatchObject({ address: memory.address, byteLength: 8 });
      expect(() => other.stream.fill(borrowed, 0, 8, 1)).toThrow("cuMemsetD8Async(1, 8)");
      other.context.reach(one.context);
      other.stream.fill(borrowed, 0, 8, 1);
      expect(byteAt(one, memory, 7)).toBe(1);
      expect(() => other.stream.fill(borrowed, 4, 5, 1)).toThrow("5 bytes at 4 lie outside the 8 bytes");
    }));

  it("stays until work of the borrower has ended", () =>
    withTwo((one, other) => {
      fake.set("LAZY", 1);
      other.context.reach(one.context);
      for (const make of [
        () => new addon.Memory(one.context, 8),
        () => {
          const growable = new addon.GrowableMemory(one.context, one.stream, PAGE);
          growable.grow(8);
          return growable;
        },
      ]) {
        const memory = make();
        const borrowed = other.stream.borrow(memory);
        other.stream.fill(borrowed, 0, 8, 1);
        memory.destroy();
        expect(fake.live().join()).toMatch(/memory 1|pages 1/);
        borrowed.destroy();
        expect(fake.live().join()).not.toMatch(/memory|pages/);
        // Had the memory gone first, the fill would have lost the context.
        other.stream.synchronize();
      }
    }));

  it("is kept by a graph of the borrower", () =>
    withTwo((one, other) => {
      other.context.reach(one.context);
      const memory = new addon.Memory(one.context, 8);
      const borrowed = other.stream.borrow(memory);
      other.stream.beginCapture();
      other.stream.fill(borrowed, 0, 8, 1);
      const graph = other.stream.endCapture();
      const exec = graph.instantiate();
      for (const gone of [memory, borrowed, graph]) gone.destroy();
      exec.launch(other.stream);
      other.stream.synchronize();
      expect(fake.live()).toContain("memory 1");
      exec.destroy();
      expect(fake.live()).not.toContain("memory 1");
    }));

  it("of the host is at one address for all, and stays as long as somebody has it", () =>
    withTwo((one, other) => {
      const pinned = new addon.PinnedMemory(one.context, 4);
      new Uint8Array(pinned.buffer)[0] = 9;
      const seen = pinned.onDevices();
      using borrowed = other.stream.borrow(seen);
      expect(borrowed.address).toBe(seen.address);
      pinned.destroy();
      seen.destroy();
      expect(byteAt(other, borrowed, 0)).toBe(9);
    }));
});

describe("dealt memory", () => {
  it("is whole pages of each device in turns, in order", () =>
    withTwo((one, other) => {
      using dealt = deal([one, other]);
      using whole = dealt.whole();
      using own = dealt.own(1);
      expect([dealt.blocks, whole.byteLength, own.byteLength]).toEqual([0, 0, 0]);
      fake.reset();
      fake.set("DEVICES", 3);
      dealt.grow(3);
      expect(fake.calls().filter((call) => /^cuMem/.test(call))).toEqual([
        ...Array(3)
          .fill([`cuMemCreate ${PAGE}`, `cuMemMap ${PAGE}`, `cuMemMap ${PAGE}`, "cuMemRelease"])
          .flat(),
        `cuMemSetAccess ${3 * PAGE}`,
        `cuMemSetAccess ${2 * PAGE}`,
        `cuMemSetAccess ${PAGE}`,
      ]);
      expect([dealt.blocks, whole.byteLength, own.byteLength]).toEqual([3, 3 * PAGE, PAGE]);
      expect([2 ** 30 - one.context.memory().free, 2 ** 30 - other.context.memory().free]).toEqual([2 * PAGE, PAGE]);
      dealt.grow(1);
      expect(dealt.blocks).toBe(3);
      one.stream.fill(whole, PAGE, PAGE, 6);
      one.stream.synchronize();
      expect(byteAt(other, own, PAGE - 1)).toBe(6);
      expect(() => one.stream.fill(own, 0, 1, 1)).toThrow("cuMemsetD8Async(1, 1)");
    }));

  it("is refused in parts of pages, beyond what was reserved, and on streams of others", () =>
    withTwo((one, other) => {
      const make = (bytes: number, capacity: number, streams = [one.stream, other.stream]) =>
        new addon.DealtMemory([one.context, other.context], streams, bytes, capacity, false);
      expect(() => make(PAGE + 1, 2)).toThrow(`blocks of ${PAGE + 1} bytes are no whole pages of ${PAGE}`);
      expect(() => make(0, 2)).toThrow("blocks of 1 byte or more");
      expect(() => make(PAGE, 2 ** 40)).toThrow("2^53 bytes in all");
      expect(() => make(PAGE, 2, [other.stream, one.stream])).toThrow("each stream must be one of the context");
      expect(() => make(PAGE, 2, [one.stream])).toThrow("argument stream has the wrong type");
      expect(() => new addon.DealtMemory([], [], PAGE, 2, false)).toThrow("one context or more");
      using dealt = make(PAGE, 2);
      expect(() => dealt.grow(3)).toThrow("3 blocks are more than the 2 that were reserved");
      expect(() => dealt.own(0)).toThrow("made without what ranks own");
      using other1 = deal([one, other]);
      expect(() => other1.own(2)).toThrow("argument rank must be a whole number, 0 or more, and at most 1");
    }));

  it("waits for the streams of all before it is unmapped, when the last part of it goes", () =>
    withTwo((one, other) => {
      fake.set("LAZY", 1);
      const dealt = deal([one, other]);
      dealt.grow(4);
      const parts = [dealt.whole(), dealt.own(0), dealt.own(1)];
      for (const { stream } of [one, other]) stream.fill(parts[0]!, 0, 4 * PAGE, 1);
      dealt.destroy();
      parts[0]!.destroy();
      parts[1]!.destroy();
      expect(byteAt(other, parts[2]!, 0)).toBe(1);
      fake.reset();
      fake.set("DEVICES", 3);
      parts[2]!.destroy();
      const calls = fake.calls().filter((call) => !call.startsWith("cuCtx"));
      expect(calls.slice(0, 3)).toEqual(["cuStreamSynchronize", "cuStreamSynchronize", `cuMemUnmap ${PAGE}`]);
      expect(calls.filter((call) => call.startsWith("cuMemUnmap"))).toHaveLength(8);
      expect(calls.filter((call) => call.startsWith("cuMemAddressFree"))).toHaveLength(3);
      for (const { stream } of [one, other]) stream.synchronize();
    }));
});

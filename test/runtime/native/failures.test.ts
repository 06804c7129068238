import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { CudaError } from "../../../runtime/device/errors.js";
import { countCalls, driverCalls, explainingCalls, isRelease, openingCalls } from "./driver-calls.js";
import { image, openFake } from "./fake-driver.js";

const { addon, fake } = openFake();
const folder = mkdtempSync(join(tmpdir(), "tilescript-failures-"));
const file = join(folder, "weights");
writeFileSync(
  file,
  Uint8Array.from({ length: 100 }, (_, index) => index),
);

const descriptor = openSync(file, "r");

afterAll(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});
beforeEach(() => fake.reset());

/** One of everything, as a program would use it: every driver call the launcher knows is made at least once. */
async function useEverything(): Promise<void> {
  fake.set("DEVICES", 2);
  addon.countDevices();
  addon.describeDevice(0);
  addon.describeLink(0, 1);
  using context = new addon.Context(0);
  context.memory();
  using stream = new addon.Stream(context);
  using other = new addon.Stream(context);
  using memory = new addon.Memory(context, 100);
  using twin = new addon.Memory(context, 100);
  using growable = new addon.GrowableMemory(context, stream, 6 << 20);
  growable.grow(1);
  growable.grow(3 << 20);
  stream.fill(growable, 0, 4 << 20, 0);
  using neighbour = new addon.Context(1);
  using next = new addon.Stream(neighbour);
  neighbour.reach(context);
  neighbour.reach(context);
  using borrowed = next.borrow(memory);
  next.fill(borrowed, 0, 4, 0);
  using pages = next.borrow(growable);
  next.fill(pages, 0, 4, 0);
  growable.grow(5 << 20);
  using dealt = new addon.DealtMemory([context, neighbour], [stream, next], context.pageBytes(), 5, true);
  dealt.grow(2);
  dealt.grow(5);
  using whole = dealt.whole();
  using own = dealt.own(1);
  next.fill(whole, whole.byteLength - 4, 4, 0);
  next.fill(own, own.byteLength - 4, 4, 0);
  using pinned = new addon.PinnedMemory(context, 100);
  using seen = pinned.onDevices();
  next.fill(seen, 0, 4, 0);
  using uploader = new addon.Uploader(context, 2, 2, 16);
  await uploader.upload([{ to: memory, toOffset: 0, file: descriptor, offset: 0, bytes: 100 }], new addon.Transfer());
  stream.enqueueWrite(twin, 0, pinned, 0, 100);
  stream.copy(twin, 0, memory, 0, 100);
  stream.fill(twin, 0, 4, 0);
  stream.fill32(twin, 0, 1, 0);
  stream.write(memory, 0, new Uint8Array(4));
  stream.read(memory, 0, new Uint8Array(4));
  await stream.synchronizeAsync();
  using start = new addon.Event(context, true);
  using end = new addon.Event(context, true);
  stream.record(start);
  other.wait(start);
  stream.record(end);
  await end.synchronizeAsync();
  end.done();
  stream.done();
  end.elapsedSince(start);
  using module = await addon.Module.load(context, image("append params=8,4"));
  using kernel = module.function("append");
  kernel.attributes();
  kernel.parameters();
  kernel.allowSharedBytes(60000);
  kernel.maxActiveBlocks(32, 0);
  using launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [32] }, [0, 8], 12);
  new DataView(launch.params()).setBigUint64(0, memory.address, true);
  launch.launch();
  const tensor = { type: 9, address: 0n, dims: [64], strides: [], box: [64], swizzle: 0, promotion: 2, fill: 0 };
  addon.encodeTensorMap(tensor);
  stream.beginCapture();
  launch.launch();
  stream.enqueueRead(memory, 0, pinned, 0, 4);
  using graph = stream.endCapture();
  graph.nodes();
  using exec = graph.instantiate();
  exec.upload(stream);
  exec.launch(stream);
  await context.synchronizeAsync();
}

const nothingLive = () => expect.poll(() => fake.live(), { interval: 1 }).toEqual([]);

/** How often each driver function is called by useEverything. */
async function census(): Promise<Map<string, number>> {
  await useEverything();
  await nothingLive();
  return countCalls(fake.calls());
}

/** Growing memory, what was borrowed (twice) and dealt (to two) wait for their streams before they are freed: there too nobody is left to tell. */
const WAITS_AT_THE_END = 5;
const tellsNobody = (name: string, nth: number, counts: ReadonlyMap<string, number>): boolean =>
  isRelease(name) || (name === "cuStreamSynchronize" && nth > counts.get(name)! - WAITS_AT_THE_END);

describe("when a driver call fails", () => {
  it("no call that the launcher knows is forgotten here", async () => {
    const used = await census();
    const reached = new Set([...used.keys(), ...openingCalls, ...explainingCalls]);
    expect(driverCalls.length).toBeGreaterThan(50);
    expect(driverCalls.filter((name) => !reached.has(name))).toEqual([]);
    expect([...reached].filter((name) => !driverCalls.includes(name))).toEqual([]);
  });

  it("each occurrence of each gives its CudaError, and nothing stays behind", async () => {
    const counts = await census();
    for (const [name, count] of counts) {
      // Worker threads enter the context once each, so how often is not fixed; the first time always is.
      for (let nth = 1; nth <= (name === "cuCtxSetCurrent" ? 1 : count); nth++) {
        fake.reset();
        fake.fail(name, nth, 700);
        const outcome = await useEverything().catch((error) => error);
        if (tellsNobody(name, nth, counts)) expect(outcome, `${name} #${nth}`).toBeUndefined();
        else {
          expect(outcome, `${name} #${nth}`).toBeInstanceOf(CudaError);
          expect(outcome, `${name} #${nth}`).toMatchObject({
            result: 700,
            name: "CUDA_ERROR_ILLEGAL_ADDRESS",
            text: "fake text of CUDA_ERROR_ILLEGAL_ADDRESS",
          });
          expect(outcome.call.startsWith(`${name}(`), `${outcome.call} for ${name} #${nth}`).toBe(true);
        }
        await nothingLive();
      }
    }
  });

  it.each([
    ["cuGetErrorName", { name: "CUDA_ERROR_700" }],
    ["cuGetErrorString", { text: "the driver has no text for this error" }],
  ])("and %s too, the error says what is known", (name, said) => {
    expect(explainingCalls).toContain(name);
    using context = new addon.Context(0);
    fake.fail("cuMemAlloc_v2", 1, 700);
    fake.fail(name, 1, 1);
    expect(() => new addon.Memory(context, 8)).toThrow(
      expect.objectContaining({ result: 700, call: "cuMemAlloc_v2(8)", ...said }),
    );
  });

  it("a code that the driver does not know is still an error", () => {
    using context = new addon.Context(0);
    fake.fail("cuMemAlloc_v2", 1, 12345);
    expect(() => new addon.Memory(context, 1 << 20)).toThrow(
      expect.objectContaining({ result: 12345, name: "CUDA_ERROR_12345", call: "cuMemAlloc_v2(1048576)" }),
    );
  });

  it("running out of memory says what was asked and what helps", () => {
    using context = new addon.Context(0);
    expect(() => new addon.Memory(context, 2 ** 31)).toThrow(
      expect.objectContaining({
        name: "CUDA_ERROR_OUT_OF_MEMORY",
        call: "cuMemAlloc_v2(2147483648)",
        message: expect.stringContaining("Free buffers"),
      }),
    );
  });
});

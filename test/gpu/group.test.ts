/** Several GPUs of one host; where there is one, it has both ranks. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CudaDevice, CudaGroup } from "../../runtime/device/cuda/index.js";
import type { DeviceBuffer, LoadedBundle } from "../../runtime/device/device.js";
import { OutOfMemoryError } from "../../runtime/device/errors.js";
import { openDriver } from "../../runtime/native/index.js";
import { positionOf } from "../../runtime/parallel/dealing.js";
import { bundle as bundleFolder } from "./devices.js";

const MiB = 2 ** 20;
/** More than any GPU has. */
const VAST = 2 ** 40;
/** Bytes of a token, tokens of a block, which is a page of 2 MiB, and integers of that. */
const ROW = 16;
const BLOCK = (2 * MiB) / ROW;
const WORDS = (BLOCK * ROW) / 4;

let group: CudaGroup;
let devices: readonly CudaDevice[];
let bundles: readonly LoadedBundle[];

before(async () => {
  const driver = openDriver();
  const count = driver.available ? driver.addon.countDevices() : 0;
  group = CudaGroup.open(count > 1 ? [0, 1] : [0, 0]);
  devices = group.devices;
  bundles = await Promise.all(devices.map((device) => device.load(bundleFolder("cases"))));
});
after(() => group.close());

/** Queues on a rank: cache[from + i] = from + i, for so many integers. */
function append(rank: number, cache: DeviceBuffer, from: DeviceBuffer, count: number): void {
  bundles[rank]!.kernel("appendToCache").launch([count / 1024], { cache, length: from });
}

async function integers(rank: number, from: DeviceBuffer, count = from.bytes / 4): Promise<Int32Array> {
  const into = new Int32Array(count);
  await devices[rank]!.read(from, into);
  return into;
}

const firstWrong = (values: Int32Array, wanted: (index: number) => number): number =>
  values.findIndex((value, index) => value !== wanted(index));

test("a kernel of one writes memory of the other, allocated and grown", async () => {
  const [first, second] = devices as [CudaDevice, CudaDevice];
  const from = second.alloc(4);
  second.fill(from, 0);
  for (const memory of [first.alloc(4 * MiB), first.reserve(VAST, { step: 2 * MiB })]) {
    const lent = group.lend(memory, 1);
    if ("grow" in memory) (memory as ReturnType<CudaDevice["reserve"]>).grow(4 * MiB);
    append(1, lent, from, MiB);
    await second.synchronize();
    assert.equal(
      firstWrong(await integers(0, memory, MiB), (index) => index),
      -1,
    );
    memory.free();
  }
  await second.synchronize();
});

test("dealt rows are one array to all, and each has its own behind each other", async () => {
  const blocks = 7;
  const dealt = group.deal({ block: BLOCK, rowBytes: ROW, tokens: 64 * BLOCK, own: true });
  dealt.grow(blocks * BLOCK);
  for (const writer of [0, 1]) {
    const from = devices[writer]!.alloc(4);
    devices[writer]!.fill(from, 0);
    devices[writer]!.fill(dealt.whole(writer).view(0, blocks * BLOCK * ROW), 0xff);
    append(writer, dealt.whole(writer), from, blocks * WORDS);
    await devices[writer]!.synchronize();
    for (const reader of [0, 1]) {
      assert.equal(
        firstWrong(await integers(reader, dealt.whole(reader), blocks * WORDS), (index) => index),
        -1,
      );
      const slots = Math.ceil((blocks - reader) / 2) * BLOCK;
      const own = await integers(reader, dealt.own(reader).view(0, slots * ROW));
      const wanted = (index: number) => positionOf(dealt.dealing, reader, Math.floor(index / 4)) * 4 + (index % 4);
      assert.equal(firstWrong(own, wanted), -1);
    }
  }
  dealt.free();
});

test("a recorded step writes dealt rows while they grow, and they are copied across blocks", async () => {
  const second = devices[1]!;
  const dealt = group.deal({ block: BLOCK, rowBytes: ROW, tokens: 64 * BLOCK, own: true });
  const length = second.alloc(4);
  second.fill(length, 0);
  const cache = dealt.whole(1);
  const [appending, lengthening] = [
    bundles[1]!.kernel("appendToCache").prepare([WORDS / 1024], { cache, length }),
    bundles[1]!.kernel("lengthen").prepare([1], { length, by: WORDS }),
  ];
  using graph = second.capture(() => {
    appending.run();
    lengthening.run();
  });
  for (let blocks = 1; blocks <= 40; blocks++) {
    dealt.grow(blocks * BLOCK);
    graph.replay();
  }
  const copied = second.alloc(4 * MiB);
  second.copy(copied, cache.view(3 * MiB), 4 * MiB);
  assert.equal(
    firstWrong(await integers(1, copied), (index) => index + (3 * MiB) / 4),
    -1,
  );
  assert.equal(
    firstWrong(await integers(1, cache, 40 * WORDS), (index) => index),
    -1,
  );
  dealt.free();
});

test("running out of memory leaves what there is, and freeing gives all of it back", async () => {
  const free = devices.map((device) => device.memory().free);
  const dealt = group.deal({ block: 64 * BLOCK, rowBytes: ROW, tokens: VAST / ROW, own: true });
  dealt.grow(4 * 64 * BLOCK);
  const { tokens } = dealt;
  assert.throws(() => dealt.grow(VAST / ROW), OutOfMemoryError);
  assert.equal(dealt.tokens, tokens);
  dealt.free();
  await Promise.all(devices.map((device) => device.synchronize()));
  for (const [rank, device] of devices.entries()) assert.ok(device.memory().free > free[rank]! - 32 * MiB);
});

test("a word of the host is seen by every rank", async () => {
  const flag = group.hostWord();
  for (const rank of [0, 1]) {
    flag.set(40 + rank);
    const seen = devices[rank]!.alloc(4);
    devices[rank]!.copy(seen, flag.on(rank), 4);
    assert.deepEqual([...(await integers(rank, seen))], [40 + rank]);
    bundles[rank]!.kernel("lengthen").launch([1], { length: flag.on(rank), by: 2 });
    await devices[rank]!.synchronize();
    assert.deepEqual([...(await integers(rank, flag.on(rank)))], [42 + rank]);
  }
  flag.free();
});

test("closing one rank leaves the other what it works with", async () => {
  using pair = CudaGroup.open(devices.map(({ facts }) => facts.ordinal));
  const dealt = pair.deal({ block: BLOCK, rowBytes: ROW, tokens: 8 * BLOCK, own: true });
  dealt.grow(8 * BLOCK);
  const [first, second] = pair.devices as [CudaDevice, CudaDevice];
  second.fill(dealt.whole(1), 5);
  await second.synchronize();
  first.close();
  second.fill(dealt.whole(1).view(0, 4), 6);
  const into = new Int32Array(2 * WORDS);
  await second.read(dealt.whole(1).view(0, into.byteLength), into);
  assert.equal(
    firstWrong(into, (index) => (index === 0 ? 0x06060606 : 0x05050505)),
    -1,
  );
});

test("growing by a block takes no time that a token would notice", (t) => {
  const dealt = group.deal({ block: BLOCK, rowBytes: ROW, tokens: 2048 * BLOCK, own: true });
  dealt.grow(1);
  const start = performance.now();
  let growths = 0;
  for (let tokens = dealt.tokens; growths < 16; growths++, tokens = dealt.tokens) dealt.grow(tokens + 1);
  const each = (performance.now() - start) / growths;
  t.diagnostic(`${each.toFixed(3)} ms for 32 MiB`);
  dealt.free();
  assert.ok(each < 20, `${each} ms`);
});

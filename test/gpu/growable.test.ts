import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { toBits } from "../../runtime/device/arrays.js";
import { CudaDevice } from "../../runtime/device/cuda/index.js";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { OutOfMemoryError } from "../../runtime/device/errors.js";
import { bundle as bundleFolder } from "./devices.js";

const MiB = 2 ** 20;
/** More than any GPU has. */
const VAST = 2 ** 40;

let device: CudaDevice;
let bundle: LoadedBundle;

before(async () => {
  device = CudaDevice.open();
  bundle = await device.load(bundleFolder("cases"));
});
after(() => device.close());

test("a captured graph goes on writing while its memory grows", async () => {
  const chunk = 2 ** 20;
  using cache = device.reserve(VAST, { step: 2 * MiB });
  using length = device.alloc(4);
  device.fill(length, 0);
  const append = bundle.kernel("appendToCache").prepare([chunk / 1024], { cache, length });
  const lengthen = bundle.kernel("lengthen").prepare([1], { length, by: chunk });
  using graph = device.capture(() => {
    append.run();
    lengthen.run();
  });
  const { address } = cache;
  // Nothing waits between a growth and the replays before and after it.
  for (let turn = 1; turn <= 16; turn++) {
    cache.grow(turn * chunk * 4);
    graph.replay();
  }
  assert.equal(cache.address, address);
  assert.equal(cache.committed, 64 * MiB);
  const result = new Int32Array(16 * chunk);
  await device.read(cache, result);
  assert.equal(
    result.findIndex((value, index) => value !== index),
    -1,
  );
});

test("a descriptor as large as the capacity reads what is committed, also what came later", async () => {
  const [rows, columns] = [16384, 256];
  const tensorRows = 2 ** 22;
  using buffer = device.reserve(tensorRows * columns * 2, { step: 2 * MiB });
  using out = device.alloc(rows * columns * 4);
  const tensor = { buffer, shape: [tensorRows, columns], strides: [columns, 1] };
  const [first, all] = [64, rows].map((count) =>
    bundle.kernel("readDescriptor").prepare([count / 32, columns / 64], { tensor, out }),
  );
  const data = toBits(
    "bf16",
    Float32Array.from({ length: rows * columns }, (_, index) => index % 251),
  );
  buffer.grow(1);
  await device.write(buffer, data.subarray(0, 64 * columns));
  first!.run();
  buffer.grow(data.byteLength);
  await device.write(buffer, data);
  const result = new Float32Array(rows * columns);
  await device.read(out, result.subarray(0, 64 * columns));
  all!.run();
  const after = new Float32Array(rows * columns);
  await device.read(out, after);
  const wanted = after.map((_, index) => index % 251);
  assert.deepEqual(result.subarray(0, 64 * columns), wanted.subarray(0, 64 * columns));
  assert.deepEqual(after, wanted);
});

test("running out of memory leaves what was committed, and freeing gives all of it back", async () => {
  const { free } = device.memory();
  const buffer = device.reserve(VAST);
  buffer.grow(100 * MiB);
  assert.ok(device.memory().free <= free - 100 * MiB);
  await device.write(buffer.view(99 * MiB), Uint8Array.of(1, 2, 3));
  assert.throws(
    () => buffer.grow(VAST),
    (error: unknown) =>
      error instanceof OutOfMemoryError &&
      error.wanted === VAST &&
      error.committed === buffer.committed &&
      error.free > 0 &&
      error.free < VAST,
  );
  const back = new Uint8Array(3);
  await device.read(buffer.view(99 * MiB), back);
  assert.deepEqual([...back], [1, 2, 3]);
  buffer.free();
  assert.ok(device.memory().free > free - 32 * MiB);
});

for (const step of [2 * MiB, 32 * MiB])
  test(`growing by ${step / MiB} MiB takes no time that a token would notice`, (t) => {
    using buffer = device.reserve(VAST, { step });
    buffer.grow(step);
    const start = performance.now();
    for (let turn = 2; turn <= 33; turn++) buffer.grow(turn * step);
    const each = (performance.now() - start) / 32;
    t.diagnostic(`${each.toFixed(3)} ms each`);
    assert.ok(each < 5, `${each} ms`);
  });

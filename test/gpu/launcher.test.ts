import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { toBits } from "../../runtime/device/arrays.js";
import { CudaDevice } from "../../runtime/device/cuda/index.js";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { OutOfMemoryError } from "../../runtime/device/errors.js";
import { bundle as bundleFolder } from "./devices.js";

let device: CudaDevice;
let bundle: LoadedBundle;

before(async () => {
  device = CudaDevice.open();
  bundle = await device.load(bundleFolder("cases"));
});
after(() => device.close());

const upload = async (data: ArrayBufferView) => {
  const buffer = device.alloc(data.byteLength);
  await device.write(buffer, data);
  return buffer;
};

for (const [n, offset] of [
  [1 << 20, 0],
  [1_000_003, 0],
  [1 << 20, 4],
  [5, 12],
] as const)
  test(`${n} numbers at byte ${offset}: the variant that fits is taken`, async () => {
    using x = device.alloc(n * 4 + 16);
    using out = device.alloc(n * 4 + 16);
    const values = Float32Array.from({ length: n }, (_, index) => index % 1000);
    await device.write(x.view(offset), values);
    bundle.kernel("increment").launch([Math.ceil(n / 1024)], { x: x.view(offset), out: out.view(offset), n });
    const result = new Float32Array(n);
    await device.read(out.view(offset), result);
    assert.deepEqual(
      result,
      values.map((value) => value + 1),
    );
  });

test("every kind of scalar arrives", async () => {
  using out = device.alloc(20);
  for (const [i, w, u, f, b] of [
    [16, 32, 48, 1.5, true],
    [-7, -(2n ** 40n), 4_000_000_001, -0.25, false],
  ] as const) {
    bundle.kernel("scalars").launch([1], { out, i, w, u, f, b });
    const result = new Float32Array(5);
    await device.read(out, result);
    assert.deepEqual(result, Float32Array.of(i, Number(w), u, f, b ? 1 : 0));
  }
});

for (const [rows, columns] of [
  [64, 256],
  [40, 200],
  [4096, 256],
] as const)
  test(`a descriptor of ${rows} × ${columns} reads its tensor, and zero outside`, async () => {
    const stride = 264;
    const value = (index: number) => (index * 7) % 251;
    using buffer = await upload(
      toBits(
        "bf16",
        Float32Array.from({ length: rows * stride }, (_, index) => value(index)),
      ),
    );
    const padded = Math.ceil(rows / 32) * 32;
    using out = device.alloc(padded * 256 * 4);
    device.fill(out, 255);
    const tensor = { buffer, shape: [rows, columns], strides: [stride, 1] };
    bundle.kernel("readDescriptor").launch([padded / 32, 4], { tensor, out });
    const result = new Float32Array(padded * 256);
    await device.read(out, result);
    const wanted = result.map((_, index) => {
      const [row, column] = [index >> 8, index & 255];
      return row < rows && column < columns ? value(row * stride + column) : 0;
    });
    assert.deepEqual(result, wanted);
  });

test("descriptors made on the device find their scratch memory", async () => {
  const [M, N] = [70, 208];
  const data = toBits(
    "bf16",
    Float32Array.from({ length: M * N }, (_, index) => index % 256),
  );
  using x = await upload(data);
  using y = device.alloc(data.byteLength);
  for (let run = 0; run < 3; run++) bundle.kernel("copyByMadeDescriptors").launch([3, 4], { x, y, M, N });
  const result = new Uint16Array(M * N);
  await device.read(y, result);
  assert.deepEqual(result, data);
});

test("a kernel may use far more than 48 KiB of shared memory", async () => {
  const size = 256;
  const value = (index: number) => ((index * 5) % 7) - 3;
  const data = toBits(
    "bf16",
    Float32Array.from({ length: size * size }, (_, index) => value(index)),
  );
  using a = await upload(data);
  using c = device.alloc(size * size * 4);
  bundle.kernel("largeTiles").launch([2, 2], { a, b: a, c, N: size, K: size });
  const result = new Float32Array(size * size);
  await device.read(c, result);
  const wanted = result.map((_, index) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += value(index - (index % size) + k) * value(k * size + (index % size));
    return sum;
  });
  assert.deepEqual(result, wanted);
});

test("a graph of dependent launches replays whole and in order, and its mirror shows the end", async () => {
  using x = device.alloc(132 * 128 * 4);
  const mirror = device.mirror(x.bytes);
  device.fill(x, 0);
  const launch = bundle.kernel("step").prepare([132], { x });
  using graph = device.capture(() => {
    for (let run = 0; run < 10; run++) launch.run();
    mirror.copyFrom(x, x.bytes);
  });
  assert.equal(graph.launches, 10);
  for (let replay = 0; replay < 3; replay++) graph.replay();
  await mirror.arrived();
  let wanted = 0;
  for (let run = 0; run < 30; run++) wanted = (Math.imul(wanted, 3) + 1) | 0;
  assert.deepEqual(new Int32Array(mirror.host), new Int32Array(132 * 128).fill(wanted));
  assert.ok((await device.time(() => graph.replay())) > 0);
  mirror.free();
});

test("large copies go through unchanged and leave the event loop free", async () => {
  const data = Uint8Array.from({ length: 100_000_000 }, (_, index) => index * 31 + (index >> 8));
  using buffer = device.alloc(data.byteLength);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await device.write(buffer, data);
  const back = new Uint8Array(data.byteLength);
  await device.read(buffer, back);
  clearInterval(timer);
  assert.equal(Buffer.compare(back, data), 0);
  assert.ok(turns > 3);
});

test("running out of memory says what was free", () => {
  assert.throws(
    () => device.alloc(2 ** 45),
    (error: unknown) =>
      error instanceof OutOfMemoryError && error.wanted === 2 ** 45 && /MiB wanted, .* free/.test(error.message),
  );
});

test("memory can be allocated while launches are recorded", async () => {
  using graph = device.capture(() => device.fill(device.alloc(1024), 3));
  graph.replay();
  await device.synchronize();
});

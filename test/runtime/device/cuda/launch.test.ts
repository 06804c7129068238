import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DType } from "../../../../compiler/ir/index.js";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import { openFake } from "../../native/fake-driver.js";
import { constant, type FakeKernel, type FakeParam, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();
const device = CudaDevice.open();

beforeEach(() => fake.reset());
afterAll(async () => {
  device.close();
  await vi.waitFor(() => expect(fake.live()).toEqual([]));
});

const load = async (kernel: FakeKernel) => (await device.load(fakeBundle([kernel]))).kernel(kernel.name);

const little = (bytes: number, value: bigint): string => {
  const block = new DataView(new ArrayBuffer(8));
  block.setBigInt64(0, value, true);
  return Buffer.from(block.buffer, 0, bytes).toString("hex");
};
const nothing = little(8, 0n);
/** The packed parameters of the last launch, as the fake's driver read them. */
const packed = () => fake.launches().at(-1)!.split("params=")[1]!.split(",");

describe("packing", () => {
  it.each<[DType, number | bigint | boolean, string]>([
    ["bool", true, "01"],
    ["i8", -2, "fe"],
    ["u8", 254, "fe"],
    ["i16", -2, "feff"],
    ["i32", -2, "feffffff"],
    ["u32", 2 ** 32 - 2, "feffffff"],
    ["i64", -2, "feffffffffffffff"],
    ["i64", 2n ** 62n, "0000000000000040"],
    ["f16", 1.5, "003e"],
    ["bf16", 1.5, "c03f"],
    ["f32", 1.5, "0000c03f"],
    ["f64", 1.5, "000000000000f83f"],
  ])("writes %s %s as %s", async (dtype, value, bytes) => {
    const kernel = await load({ name: "k", params: [scalar("x", dtype)], variants: [{}] });
    kernel.launch([1], { x: value });
    expect(packed()).toEqual([bytes, nothing, nothing]);
  });

  it("writes addresses of buffers and of views, and appends two scratch pointers", async () => {
    const kernel = await load({ name: "k", params: [pointer("x"), scalar("n"), pointer("y")], variants: [{}] });
    using x = device.alloc(64);
    const y = x.view(12);
    kernel.launch([3, 2], { x, n: 7, y });
    expect(packed()).toEqual([little(8, x.address), "07000000", little(8, x.address + 12n), nothing, nothing]);
    expect(fake.launches()[0]).toContain("k grid=3,2,1 block=128,1,1 shared=0");
  });

  it("gives cluster, PDL and warps to the launch, and multiplies the grid by the cluster", async () => {
    const launch = { ctas: 2, pdl: true, warps: 8, sharedBytes: 100_000 };
    const kernel = await load({ name: "k", params: [scalar("n")], variants: [{ launch }] });
    kernel.launch([3, 2, 4], { n: 1 });
    expect(fake.launches()[0]).toContain(
      "k grid=6,2,4 block=256,1,1 shared=100000 attribute4=2,1,1 attribute5=1 attribute6=1",
    );
  });

  it("tells the driver of a cooperative launch, and refuses one of more programs than run at once", async () => {
    const launch = { cooperative: true as const, warps: 8, ctas: 2 };
    const kernel = await load({ name: "k", params: [scalar("n")], variants: [{ launch }] });
    kernel.launch([3], { n: 1 });
    expect(fake.launches()[0]).toContain(
      "k grid=6,1,1 block=256,1,1 shared=0 attribute4=2,1,1 attribute5=1 attribute2=1",
    );
    const most = (device.processors * 8) / 2;
    kernel.launch([most], { n: 1 });
    const launched = fake.launches().length;
    expect(() => kernel.launch([most + 1], { n: 1 })).toThrow("which this device runs at once");
    expect(() => kernel.prepare([1, most + 1], { n: 1 })).toThrow(
      `k: expected a grid of at most ${most} programs, which this device runs at once, got ${most + 1}.`,
    );
    expect(fake.launches()).toHaveLength(launched);
  });

  it("allocates global scratch for every program, and again only when more is needed", async () => {
    const kernel = await load({ name: "k", params: [], variants: [{ launch: { globalScratchBytes: 128, ctas: 2 } }] });
    fake.reset();
    kernel.launch([4], {});
    kernel.launch([2], {});
    expect(fake.calls().filter((call) => call.startsWith("cuMemAlloc"))).toEqual(["cuMemAlloc_v2 1024"]);
    const [global, profile] = packed();
    expect(global).not.toBe(nothing);
    expect(profile).toBe(nothing);
    kernel.launch([5], {});
    expect(packed()[0]).not.toBe(global);
  });

  it("does nothing for an empty grid", async () => {
    const kernel = await load({ name: "k", params: [], variants: [{}] });
    kernel.launch([0, 5], {});
    kernel.prepare([5, 0], {}).run();
    expect(fake.launches()).toEqual([]);
  });
});

describe("descriptors", () => {
  const desc: FakeParam = { kind: "descriptor", name: "d", dtype: "bf16", block: [32, 64], padding: "nan" };
  const shape = [40, 128];
  const strides = [256, 1];

  it("become tensor maps from sm_90 on: dimensions reversed, strides in bytes", async () => {
    const kernel = await load({ name: "k", params: [desc], variants: [{}] });
    using buffer = device.alloc(40 * 256 * 2);
    kernel.launch([1], { d: { buffer, shape, strides } });
    const [map, ...rest] = packed();
    const words = new BigUint64Array(new Uint8Array(Buffer.from(map!, "hex")).buffer);
    expect(words[0]).toBe(buffer.address);
    expect(words.slice(2, 4)).toEqual(BigUint64Array.of(128n | (32n << 48n), 40n | (64n << 48n)));
    expect(words[8]).toBe(512n);
    // type 10 of Triton is 9 (bf16) of the driver, rank 2, no interleave, swizzle 3, promotion to 128 bytes, fill with NaN
    expect(fake.calls()).toContain("cuTensorMapEncodeTiled 9 2 0 3 2 1");
    expect(rest).toEqual(["28000000", "80000000", little(8, 256n), little(8, 1n), nothing, nothing]);
    // The bit that drivers up to 13.1 set wrongly for tensors below 128 KiB is cleared.
    expect(words[1]).toBe(~(1n << 21n) & (2n ** 64n - 1n));
  });

  it("keep the driver's bits for large tensors", async () => {
    const kernel = await load({ name: "k", params: [desc], variants: [{}] });
    using buffer = device.alloc(400 * 256 * 2);
    kernel.launch([1], { d: { buffer, shape: [400, 128], strides } });
    const words = new BigUint64Array(new Uint8Array(Buffer.from(packed()[0]!, "hex")).buffer);
    expect(words[1]).toBe(2n ** 64n - 1n);
  });

  it("become pointer, sizes, strides and flags before sm_90", async () => {
    fake.set("CAPABILITY", 86);
    using older = CudaDevice.open();
    const kernel = (await older.load(fakeBundle([{ name: "k", params: [desc], variants: [{ arch: 80 }] }]))).kernel(
      "k",
    );
    const buffer = older.alloc(40 * 256 * 2);
    kernel.launch([1], { d: { buffer, shape, strides } });
    expect(packed()).toEqual([
      little(8, buffer.address),
      ...[40n, 128n, 256n, 1n].map((size) => little(8, size)),
      "01",
      "00",
      "28000000",
      "80000000",
      little(8, 256n),
      little(8, 1n),
      nothing,
      nothing,
    ]);
  });

  it.each([
    ["of another rank", [40], [1], "2 sizes and 2 strides"],
    ["with a strided inner dimension", [40, 128], [256, 2], "a last stride of 1, got 2"],
    ["that reaches outside its buffer", [41, 128], [256, 1], "which reach over 20736"],
    ["with an outer stride that TMA cannot step", [4, 4], [9, 1], "multiples of 16 bytes, got 9 elements of 2 bytes"],
    ["with a broken size", [4.5, 4], [8, 1], "whole numbers"],
  ])("%s are refused", async (_what, shape, strides, message) => {
    const kernel = await load({ name: "k", params: [desc], variants: [{}] });
    using buffer = device.alloc(40 * 256 * 2);
    fake.reset();
    expect(() => kernel.launch([1], { d: { buffer, shape, strides } })).toThrow(message);
    expect(fake.calls()).toEqual([]);
  });

  it("at an odd address are refused", async () => {
    const kernel = await load({ name: "k", params: [desc], variants: [{}] });
    using buffer = device.alloc(4096);
    const d = { buffer: buffer.view(8), shape: [4, 8], strides: [8, 1] };
    expect(() => kernel.launch([1], { d })).toThrow("expected a tensor at a multiple of 16 bytes");
  });
});

describe("the choice of a variant", () => {
  const aligned: FakeKernel = {
    name: "k",
    params: [pointer("x"), scalar("n"), scalar("s", "f32")],
    variants: [{ divisible: ["x", "n"], launch: { symbol: "k_aligned" } }, { launch: { symbol: "k_any" } }],
  };
  const launched = () => fake.launches().map((line) => line.split(" ")[0]);

  it("takes the first whose promises the arguments keep", async () => {
    const kernel = await load(aligned);
    using x = device.alloc(64);
    kernel.launch([1], { x, n: 32, s: 0.5 });
    kernel.launch([1], { x, n: 33, s: 0.5 });
    kernel.launch([1], { x: x.view(4), n: 32, s: 0.5 });
    expect(launched()).toEqual(["k_aligned", "k_any", "k_any"]);
  });

  it("looks for arguments equal to 1 too, whether numbers or bigints", async () => {
    const kernel = await load({
      name: "k",
      params: [scalar("stride", "i64"), scalar("n")],
      variants: [
        { one: ["stride"], divisible: ["n"], launch: { symbol: "k_unit_aligned" } },
        { one: ["stride"], launch: { symbol: "k_unit" } },
        { launch: { symbol: "k_any" } },
      ],
    });
    for (const [stride, n] of [
      [1, 16],
      [1n, 0],
      [1, 7],
      [1n, 7],
      [2, 16],
      [0, 16],
      [16n, 16],
    ] as const)
      kernel.launch([1], { stride, n });
    expect(launched()).toEqual(["k_unit_aligned", "k_unit_aligned", "k_unit", "k_unit", "k_any", "k_any", "k_any"]);
    expect(packed().slice(0, 2)).toEqual([little(8, 16n), "10000000"]);
  });

  it("refuses what is not 1 where no variant takes it", async () => {
    const kernel = await load({ name: "k", params: [scalar("stride")], variants: [{ one: ["stride"] }] });
    kernel.launch([1], { stride: 1 });
    expect(() => kernel.launch([1], { stride: 2 })).toThrow("k, parameter stride: expected 1, got 2");
  });

  it("is made again when a prepared launch's argument changes", async () => {
    const kernel = await load(aligned);
    using x = device.alloc(64);
    const launch = kernel.prepare([1], { x, n: 32, s: 0.5 });
    launch.run();
    launch.set("n", 48);
    launch.run();
    launch.set("n", 5);
    launch.run();
    launch.set("s", 2);
    launch.run();
    expect(launch.kernel).toBe("k");
    expect(fake.launches().map((line) => line.split(" ")[0] + line.split("params=")[1]!.slice(16, 34))).toEqual([
      "k_aligned,20000000,0000003f",
      "k_aligned,30000000,0000003f",
      "k_any,05000000,0000003f",
      "k_any,05000000,00000040",
    ]);
    expect(() => launch.set("n", 0.5)).toThrow("k, parameter n: expected a whole number");
    expect(() => launch.set("m", 1)).toThrow("k, parameter m: expected one of its parameters (x, n, s)");
  });

  it("is an error where only an aligned variant was built", async () => {
    const kernel = await load({ ...aligned, variants: [{ divisible: ["x", "n"] }] });
    using x = device.alloc(64);
    expect(() => kernel.launch([1], { x, n: 33, s: 0 })).toThrow(
      "k, parameter n: expected a multiple of 16, got 33. The kernel was built for such arguments only",
    );
    expect(() => kernel.launch([1], { x: x.view(8), n: 32, s: 0 })).toThrow(
      "k, parameter x: expected a multiple of 16, got address 0x",
    );
  });

  it("goes by constants and dtypes, which may be left out where there is no choice", async () => {
    const kernel = await load({
      name: "k",
      params: [constant("B"), constant("C"), scalar("n")],
      variants: [
        { constants: { B: 64, C: 1 }, dtypes: { T: "f16" }, launch: { symbol: "k_64_f16" } },
        { constants: { B: 128, C: 1 }, dtypes: { T: "f16" }, launch: { symbol: "k_128_f16" } },
        { constants: { B: 128, C: 1 }, dtypes: { T: "bf16" }, launch: { symbol: "k_128_bf16" } },
      ],
    });
    kernel.launch([1], { n: 1, B: 64 });
    kernel.launch([1], { n: 1, B: 128, T: "bf16" });
    expect(launched()).toEqual(["k_64_f16", "k_128_bf16"]);
    expect(() => kernel.launch([1], { n: 1, B: 32 })).toThrow("k, parameter B: expected a value that was built (");
    expect(() => kernel.launch([1], { n: 1, B: 128 })).toThrow(
      'k, parameter T: expected one of what was built (T = "f16"',
    );
    expect(() => kernel.launch([1], { n: 1 })).toThrow("got nothing");
  });

  it("passes over what the device cannot run, and says why if nothing is left", async () => {
    const greedy = { launch: { symbol: "greedy", sharedBytes: 232_449 } };
    const kernel = await load({ name: "k", params: [], variants: [greedy, { launch: { symbol: "modest" } }] });
    kernel.launch([1], {});
    expect(launched()).toEqual(["modest"]);
    const alone = await load({ name: "k", params: [], variants: [greedy] });
    expect(() => alone.launch([1], {})).toThrow(
      "k: expected at most 232448 bytes of shared memory (what a block of Fake GPU can have), got 232449",
    );
    const wide = { launch: { warps: 16 }, image: "params=8,8 threads=256 registers=128" };
    const broad = await load({ name: "k", params: [], variants: [wide] });
    expect(() => broad.launch([1], {})).toThrow("k: expected at most 256 threads (with 128 registers each), got 512");
  });

  it("opts in to large shared memory when the kernel is loaded: what the device has, less the static part", async () => {
    await load({
      name: "k",
      params: [],
      variants: [{ launch: { sharedBytes: 50_000 }, image: "params=8,8 shared=1000" }],
    });
    expect(fake.calls()).toContain("cuFuncSetAttribute k 8 231448");
  });
});

describe("bad arguments are refused before the driver is called:", () => {
  const params = [
    pointer("x"),
    scalar("n"),
    scalar("u", "u8"),
    scalar("w", "i64"),
    scalar("f", "f32"),
    scalar("b", "bool"),
  ];
  const good = { n: 1, u: 1, w: 1, f: 1, b: true };

  it.each<[string, object, string]>([
    ["a number for a buffer", { x: 1 }, "k, parameter x: expected a buffer of Fake GPU, got number 1"],
    ["nothing for a buffer", { x: undefined }, "k, parameter x: expected a buffer of Fake GPU, got nothing"],
    ["another object", { x: { data: 1 } }, "got an object (data)"],
    [
      "a fraction for an integer",
      { n: 1.5 },
      "expected a whole number from -2147483648 to 2147483647 (i32), got number 1.5",
    ],
    ["too large an i32", { n: 2 ** 31 }, "k, parameter n: expected a whole number"],
    ["NaN for an integer", { n: Number.NaN }, "got number NaN"],
    ["a negative u8", { u: -1 }, "expected a whole number from 0 to 255 (u8), got number -1"],
    ["an inexact i64", { w: 2 ** 53 }, "Beyond 2^53 pass a bigint."],
    ["too large an i64", { w: 2n ** 63n }, "got bigint 9223372036854775808"],
    ["a string for a float", { f: "1" }, 'expected a number (f32), got "1"'],
    ["a number for a boolean", { b: 1 }, "expected a boolean, got number 1"],
    ["a name the kernel does not have", { z: 1 }, "k, parameter z: expected one of its parameters (x, n, u, w, f, b)"],
  ])("%s", async (_what, wrong, message) => {
    const kernel = await load({ name: "k", params, variants: [{}] });
    using x = device.alloc(16);
    fake.reset();
    expect(() => kernel.launch([1], { x, ...good, ...wrong })).toThrow(
      expect.objectContaining({ name: "LaunchError", kernel: "k", message: expect.stringContaining(message) }),
    );
    expect(() => kernel.prepare([1], { x, ...good, ...wrong })).toThrow(message);
    expect(fake.calls()).toEqual([]);
  });

  it.each([[[]], [[1, 2, 3, 4]], [[-1]], [[1.5]], [[1, 65536]], [[Number.NaN]], [7]])("the grid %j", async (grid) => {
    const kernel = await load({ name: "k", params: [], variants: [{}] });
    expect(() => kernel.launch(grid as never, {})).toThrow("k: expected a grid of 1 to 3 whole numbers");
  });

  it("a freed buffer, also in a launch prepared before", async () => {
    const kernel = await load({ name: "k", params: [pointer("x")], variants: [{}] });
    const x = device.alloc(16);
    const launch = kernel.prepare([1], { x });
    launch.run();
    x.free();
    fake.reset();
    const message = "k, parameter x: expected a buffer of Fake GPU, got a buffer that has been freed";
    expect(() => launch.run()).toThrow(message);
    expect(() => kernel.launch([1], { x })).toThrow(message);
    expect(fake.calls()).toEqual([]);
  });

  it("a buffer of another device", async () => {
    const kernel = await load({ name: "k", params: [pointer("x")], variants: [{}] });
    using other = CudaDevice.open();
    const x = other.alloc(16);
    expect(() => kernel.launch([1], { x })).toThrow(
      "k, parameter x: expected a buffer of Fake GPU (GPU 0), got a buffer of another device (Fake GPU (GPU 0))",
    );
  });
});

import type { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../runtime/device/device.js";
import { download, type LoadedKernel, upload } from "../../runtime/index.js";

export const KERNELS = `import { type Bool, type Const, type Descriptor, deviceAssert, type F32, type I64, type Int, kernel, load, loadTensorDescriptor, type Ptr, programId, arange, type Scalar, store, sum, type U32 } from "tilescript";
export const scale = kernel(({ x, factor, n, BLOCK }: { x: Ptr<"f32">; factor: F32; n: Int; BLOCK: Const<"BLOCK"> }) => {
  const at = programId(0) * BLOCK + arange(0, BLOCK);
  store(x + at, load(x + at, { mask: at < n }) * factor, { mask: at < n });
}, { builds: [{ constants: { BLOCK: 64 } }, { constants: { BLOCK: 128 } }] });
export const typed = kernel(<T extends "f16" | "f32">({ x, n }: { x: Ptr<T>; n: Int }) => {
  store(x + n, 1.0);
}, { builds: [{ dtypes: { T: "f16" } }, { dtypes: { T: "f32" } }] });
export const kinds = kernel(({ x, on, u, big, b, h }: { x: Ptr<"f32">; on: Bool; u: U32; big: I64; b: Scalar<"i8">; h: Scalar<"f16"> }) => {
  deviceAssert(u > 0, "u is above 0");
  if (on) store(x + big + b, h);
});
export const tma = kernel(({ d, x }: { d: Descriptor<"f16", [16, 16]>; x: Ptr<"f32"> }) => {
  store(x, sum(loadTensorDescriptor(d, [0, 0])));
});`;

/** What a wrong launch may use. */
export interface Bench {
  readonly device: CpuDevice;
  readonly other: CpuDevice;
  readonly x: DeviceBuffer;
  readonly kernel: (name: string) => LoadedKernel;
}

/** What is done, and all that the error must say: the parameter, what was expected, what it got, and the way out. */
export type WrongLaunch = readonly [done: (bench: Bench) => unknown, ...says: readonly (string | RegExp)[]];

const scale =
  (change: (bench: Bench) => object, grid: unknown = [1]) =>
  (bench: Bench) =>
    bench
      .kernel("scale")
      .launch(grid as never, { x: bench.x, factor: 2, n: 4, BLOCK: 64, ...(change(bench) as Record<string, never>) });
const kinds = (change: object) => (bench: Bench) =>
  bench
    .kernel("kinds")
    .launch([1], { x: bench.x, on: true, u: 1, big: 0, b: 0, h: 1, ...(change as Record<string, never>) });
const tma = (change: (bench: Bench) => unknown) => (bench: Bench) =>
  bench.kernel("tma").launch([1], { x: bench.x, d: change(bench) as never });
const on = (grid: unknown) => scale(() => ({}), grid);

export const ARGUMENTS: Readonly<Record<string, WrongLaunch>> = {
  "no arguments": [
    ({ kernel }) => kernel("scale").launch([1], undefined as never),
    "scale",
    "an object of arguments",
    "x, factor, n, BLOCK",
    "nothing",
  ],
  "null for arguments": [
    ({ kernel }) => kernel("scale").launch([1], null as never),
    "scale",
    "an object of arguments",
    "null",
  ],
  "arguments in a list": [
    ({ kernel, x }) => kernel("scale").launch([1], [x, 2, 4, 64] as never),
    "scale",
    "x, factor, n, BLOCK",
    "array",
  ],
  "n left out": [scale(() => ({ n: undefined })), "scale, parameter n", "whole number", "got nothing"],
  "a name it does not have": [scale(() => ({ m: 1 })), "scale, parameter m", "x, factor, n, BLOCK"],
  "a misspelled name": [scale(() => ({ facter: 1 })), "parameter facter", "x, factor, n, BLOCK"],
  "a text for Int": [scale(() => ({ n: "4" })), "parameter n", "whole number", '"4"'],
  "a fraction for Int": [scale(() => ({ n: 1.5 })), "parameter n", "whole number", "1.5"],
  "NaN for Int": [scale(() => ({ n: Number.NaN })), "parameter n", "NaN"],
  "2^31 for Int": [scale(() => ({ n: 2 ** 31 })), "parameter n", "2147483647", "2147483648"],
  "true for Int": [scale(() => ({ n: true })), "parameter n", "boolean true"],
  "null for Int": [scale(() => ({ n: null })), "parameter n", /got null/],
  "a list for Int": [scale(() => ({ n: [4] })), "parameter n", /got an array/],
  "a text for F32": [scale(() => ({ factor: "2" })), "parameter factor", "a number (f32)", '"2"'],
  "a bigint for F32": [scale(() => ({ factor: 2n })), "parameter factor", "a number (f32)", "bigint 2"],
  "1e39 for F32": [scale(() => ({ factor: 1e39 })), "parameter factor", "3.4", "1e+39"],
  "70000 for a scalar of f16": [kinds({ h: 70000 }), "parameter h", "65504", "70000"],
  "a typed array for a pointer": [
    scale(() => ({ x: new Float32Array(4) })),
    "parameter x",
    "a buffer of",
    "a Float32Array",
    "upload(device, ",
  ],
  "a list for a pointer": [scale(() => ({ x: [1, 2] })), "parameter x", "a buffer of", "an array", "upload(device, "],
  "a promise for a pointer": [
    scale(({ device }) => ({ x: upload(device, new Float32Array(4)) })),
    "parameter x",
    "a promise",
    "await",
  ],
  "a number for a pointer": [scale(() => ({ x: 3 })), "parameter x", "a buffer of", "number 3"],
  "an address for a pointer": [scale(({ x }) => ({ x: x.address })), "parameter x", "a buffer of", "bigint"],
  "nothing for a pointer": [scale(() => ({ x: undefined })), "parameter x", "a buffer of", "nothing"],
  "a freed buffer": [
    scale(({ device }) => {
      const x = device.alloc(16);
      x.free();
      return { x };
    }),
    "parameter x",
    "freed",
  ],
  "a buffer of another device": [scale(({ other }) => ({ x: other.alloc(16) })), "parameter x", "another device"],
  "a descriptor for a pointer": [
    scale(({ x }) => ({ x: { buffer: x, shape: [4], strides: [1] } })),
    "parameter x",
    "a descriptor of shape [4]",
  ],
  "1 for Bool": [kinds({ on: 1 }), "parameter on", "a boolean", "number 1"],
  "-1 for U32": [kinds({ u: -1 }), "parameter u", "from 0 to 4294967295", "-1"],
  "2^60 for I64": [kinds({ big: 2 ** 60 }), "parameter big", "bigint"],
  "2^64 for I64": [kinds({ big: 2n ** 64n }), "parameter big", "9223372036854775807", "18446744073709551616"],
  "200 for a scalar of i8": [kinds({ b: 200 }), "parameter b", "from -128 to 127", "200"],
  "a constant that is left open": [
    scale(() => ({ BLOCK: undefined })),
    "parameter BLOCK",
    "BLOCK = 64; BLOCK = 128",
    "nothing",
  ],
  "a text for a constant": [scale(() => ({ BLOCK: "64" })), "parameter BLOCK", /whole number|integer/, '"64"'],
  "a fraction for a constant": [scale(() => ({ BLOCK: 0.5 })), "parameter BLOCK", /whole number|integer/, "0.5"],
  "a size that is no power of two": [scale(() => ({ BLOCK: 48 })), "size 48", "power of two"],
  "a constant of 0": [scale(() => ({ BLOCK: 0 })), /size 0/, "power of two"],
  "a dtype that was not built": [
    ({ kernel, x }) => kernel("typed").launch([1], { x, n: 0, T: "bf16" }),
    "typed, parameter T",
    'T = "f16"; T = "f32"',
    '"bf16"',
  ],
  "a dtype that is left open": [
    ({ kernel, x }) => kernel("typed").launch([1], { x, n: 0 }),
    "typed, parameter T",
    'T = "f16"; T = "f32"',
    "nothing",
  ],
};

export const GRIDS: Readonly<Record<string, WrongLaunch>> = {
  "a number": [on(1), "scale", "a grid of 1 to 3 whole numbers", "number 1", "[1]"],
  nothing: [
    ({ kernel }) => kernel("scale").launch(undefined as never, {}),
    "a grid of 1 to 3 whole numbers",
    "nothing",
  ],
  "no dimensions": [on([]), "a grid of 1 to 3 whole numbers", "[]"],
  "four dimensions": [on([1, 1, 1, 1]), "a grid of 1 to 3 whole numbers", "[1, 1, 1, 1]"],
  "a negative size": [on([-1]), "a grid of", "[-1]"],
  "a fraction": [on([1.5]), "a grid of", "[1.5]", "cdiv"],
  NaN: [on([Number.NaN]), "a grid of", "[NaN]"],
  "a text": [on(["1"]), "a grid of", '["1"]'],
  "too much in y": [on([1, 70000]), "65535", "[1, 70000]"],
  "too much in x": [on([2 ** 31]), "2147483647", "[2147483648]"],
};

const half = (bench: Bench) => bench.device.alloc(512);

export const MEMORY: Readonly<Record<string, WrongLaunch>> = {
  "a buffer for a descriptor": [
    tma(half),
    "tma, parameter d",
    "a descriptor { buffer, shape, strides }",
    "a buffer of",
  ],
  "a descriptor without strides": [
    tma((bench) => ({ buffer: half(bench), shape: [16, 16] })),
    "parameter d",
    "{ buffer, shape, strides }",
    "an object (buffer, shape)",
  ],
  "a descriptor of another rank": [
    tma((bench) => ({ buffer: half(bench), shape: [256], strides: [1] })),
    "parameter d",
    "2 sizes and 2 strides",
    "[256]",
  ],
  "a last stride of 2": [
    tma((bench) => ({ buffer: half(bench), shape: [16, 8], strides: [16, 2] })),
    "parameter d",
    "a last stride of 1",
    "2",
  ],
  "a descriptor beyond its buffer": [
    tma((bench) => ({ buffer: half(bench), shape: [32, 16], strides: [16, 1] })),
    "parameter d",
    "512 bytes",
    "1024",
  ],
  "a fraction as a size": [
    tma((bench) => ({ buffer: half(bench), shape: [0.5, 16], strides: [16, 1] })),
    "parameter d",
    "whole numbers",
    "0.5",
  ],
  "a list as data": [
    ({ device }) => upload(device, [1, 2, 3] as never),
    "typed array",
    "an array",
    "Float32Array.from",
  ],
  "nothing as data": [({ device }) => upload(device, undefined as never), "typed array", "nothing"],
  "a list to read into": [({ x }) => download(x, [] as never), "typed array", "an array"],
  "an array longer than the buffer": [({ x }) => download(x, new Float32Array(64)), "256 bytes at 0", "16 bytes"],
  "a promise to read from": [
    ({ device }) => download(upload(device, new Float32Array(4)) as never, new Float32Array(4)),
    "a promise",
    "await",
  ],
  "data longer than the buffer": [({ device, x }) => device.write(x, new Float32Array(8)), "32 bytes at 0", "16 bytes"],
  "a buffer of another device": [
    ({ device, other }) => device.read(other.alloc(16), new Float32Array(4)),
    /another device|other device/,
  ],
  "a negative size": [({ device }) => device.alloc(-1), "-1 bytes"],
  "a text as a size": [({ device }) => device.alloc("16" as never), /"16"|16/, /whole number|bytes/],
  "more than there is": [({ device }) => device.alloc(2 ** 40), /1099511627776|TiB|GiB/],
  "a view beyond its buffer": [({ x }) => x.view(32), "16 bytes"],
  "a misspelled kernel": [({ kernel }) => kernel("sclae"), '"sclae"', "scale"],
  "a module that is not loaded yet": [({ device }) => device.load(Promise.resolve({}) as never), "a promise", "await"],
  "nothing to load": [({ device }) => device.load(undefined as never), "nothing", /bundle|kernels/],
  "a folder that is not there": [
    ({ device }) => device.load("/gone/bundle"),
    "/gone/bundle",
    /tilescript build|no such|not there/,
  ],
  "an unknown name set": [
    ({ kernel, x }) =>
      kernel("scale")
        .prepare([1], { x, factor: 1, n: 1, BLOCK: 64 })
        .set("m" as never, 1),
    "parameter m",
    "x, factor, n",
  ],
  "a store beyond its buffer": [
    async ({ kernel, x, device }) => {
      kernel("scale").launch([1], { x, factor: 1, n: 64, BLOCK: 64 });
      await device.synchronize();
    },
    "`x`",
    "element",
    "Mask",
  ],
  "a deviceAssert that does not hold": [
    async (bench) => {
      kinds({ u: 0 })(bench);
      await bench.device.synchronize();
    },
    "u is above 0",
  ],
};

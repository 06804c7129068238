import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { KernelMeasurement, type Measuring } from "../../../cli/tune/measure-kernel.js";
import { shapeTable } from "../../../cli/tune/output.js";
import { type Manifest, readManifest } from "../../../compiler/bundle/index.js";
import { check } from "../../../compiler/check.js";
import { CudaDevice } from "../../../runtime/device/cuda/index.js";
import { given, type Tuning, zeroed } from "../../../runtime/tuning/index.js";
import { constant, fakeBundle, pointer, scalar } from "../../runtime/device/cuda/fake-bundle.js";
import { openFake } from "../../runtime/native/fake-driver.js";
import { folderWith } from "../run-cli.js";

const { fake } = openFake();
const device = CudaDevice.open();
afterAll(() => device.close());

/** The fake driver has this one kernel that computes: out = out * 10 + digit. */
const SOURCE = `import { type Const, type Int, kernel, load, type Ptr, store } from "tilescript";
export const append = kernel((p: { out: Ptr<"i32">; digit: Int; n: Int; B: Const<"B"> }) => {
  store(p.out, load(p.out) * 10 + p.digit + p.n * 0 + p.B * 0);
}, { tune: ["B"], builds: [{ constants: { B: 1 } }] });
`;
const folder = folderWith({ "append.kernel.ts": SOURCE });
const { kernels: bindings } = check([join(folder, "append.kernel.ts")]);

interface FakeBuild {
  readonly B: number;
  readonly warps: number;
  readonly registers?: number;
  readonly spillBytes?: number;
  readonly sharedBytes?: number;
}

const BUILDS: readonly FakeBuild[] = [
  { B: 1, warps: 4 },
  { B: 1, warps: 8 },
  { B: 2, warps: 4 },
];

function bundleOf(builds: readonly FakeBuild[], tune: string[]): string {
  const kernel = {
    name: "append",
    params: [pointer("out", "i32"), scalar("digit"), scalar("n"), constant("B")],
    variants: builds.map(({ B, warps, sharedBytes = 0 }) => ({ constants: { B }, launch: { warps, sharedBytes } })),
  };
  return fakeBundle([kernel], (manifest: Manifest) => {
    const [entry] = manifest.kernels;
    const variants = entry!.variants.map((variant, build) => {
      const { registers = 64, spillBytes = 0 } = builds[build]!;
      return { ...variant, build, resources: { registers, spillBytes } };
    });
    const declared = entry!.builds.map((build, at) => ({ ...build, options: { warps: builds[at]!.warps, stages: 3 } }));
    return { ...manifest, kernels: [{ ...entry!, variants, builds: declared, tune }] };
  });
}

const TUNING: Tuning = {
  kind: "tuning",
  kernel: { kind: "kernel", builds: 1 },
  shapes: [{ n: 64 }],
  launch: ({ n }, { B }: Readonly<Record<string, number>>) =>
    ({ grid: [Number(n) / B!], args: { out: zeroed("i32", 4), digit: 7, n } }) as never,
};

interface Given extends Partial<Measuring> {
  readonly builds?: readonly FakeBuild[];
  readonly tune?: string[];
}

function measurement({ builds = BUILDS, tune = ["B"], ...more }: Given = {}) {
  const at = bundleOf(builds, tune);
  const [entry] = readManifest(at).manifest.kernels;
  return new KernelMeasurement({
    ...{ device, folder: at, entry: entry!, bindings, tuning: TUNING, shapes: TUNING.shapes, all: false },
    budgetMs: 60_000,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...more,
  });
}

/** Milliseconds by the grid and the threads of the launch. */
let times: Readonly<Record<string, number>> = {};
const time = vi.spyOn(device, "time").mockImplementation(async (work) => {
  work();
  await device.synchronize();
  const [, grid, block] = /grid=(\d+),\d+,\d+ block=(\d+)/.exec(fake.launches().at(-1)!)!;
  return times[`${grid} × ${block}`] ?? 100;
});

/** The caches are flushed with far more memory than a fake should have to fill. */
const LARGE = 2 ** 20;
const { fill } = device;
const flushes = vi.spyOn(device, "fill").mockImplementation((to, byte) => {
  if (to.bytes < LARGE) fill.call(device, to, byte);
});

beforeEach(() => {
  fake.reset();
  time.mockClear();
  flushes.mockClear();
  times = { "64 × 128": 0.2, "64 × 256": 0.1, "32 × 128": 0.4 };
});

const shown = ({ results }: KernelMeasurement) =>
  results.map(({ timed }) => timed.map(({ index, milliseconds }) => `${index}: ${milliseconds}`));

describe("measuring a kernel", () => {
  it("times each build, with its own grid, and puts the fastest first", async () => {
    const measured = measurement();
    await measured.run();
    expect(shown(measured)).toEqual([["1: 0.1", "0: 0.2", "2: 0.4"]]);
    expect(measured.results[0]).toMatchObject({ shape: { n: 64 }, sizes: { n: 64 }, pruned: [] });
  });

  it("flushes the caches before each run, and takes the median", async () => {
    const measured = measurement();
    let run = 0;
    times = new Proxy({}, { get: () => [0.5, 0.5, 9, 0.3, 0.4][run++ % 5]! });
    await measured.run();
    expect(measured.results[0]!.timed[0]!.milliseconds).toBe(0.5);
    const flushed = flushes.mock.invocationCallOrder.filter((_, at) => flushes.mock.calls[at]![0].bytes >= LARGE);
    for (const run of time.mock.invocationCallOrder) expect(flushed).toContain(run - 1);
  });

  it("leaves out what does not fit, and what spills where others do not", async () => {
    const builds = [
      { B: 1, warps: 4, spillBytes: 48 },
      { B: 1, warps: 8, sharedBytes: 10 ** 6 },
      { B: 2, warps: 4 },
      { B: 2, warps: 16, registers: 255 },
    ];
    const measured = measurement({ builds });
    await measured.run();
    expect(shown(measured)).toEqual([["2: 0.4"]]);
    expect(measured.results[0]!.pruned.map(({ pruned }) => pruned)).toEqual([
      "it spills 48 bytes a thread (--all measures it)",
      expect.stringMatching(/^it needs 1000000 bytes of shared memory, and a block has \d+$/),
      "it needs 130560 registers, and a block has 65536",
    ]);
    const all = measurement({ builds, all: true });
    await all.run();
    expect(shown(all)).toEqual([["0: 0.2", "2: 0.4"]]);
    const spilling = measurement({ builds: builds.map((one) => ({ ...one, spillBytes: 8 })) });
    await spilling.run();
    expect(shown(spilling)).toEqual([["0: 0.2", "2: 0.4"]]);
  });

  it("measures what spills where the others are none that the launch could take", async () => {
    const builds = [
      { B: 1, warps: 4, spillBytes: 48 },
      { B: 1, warps: 8, spillBytes: 8 },
      { B: 2, warps: 4 },
    ];
    const launch = () => ({ grid: [64], args: { out: zeroed("i32", 4), digit: 1, n: 64, B: 1 } });
    const measured = measurement({ builds, tune: [], tuning: { ...TUNING, launch: launch as never } });
    await measured.run();
    expect(shown(measured)).toEqual([["1: 0.1", "0: 0.2"]]);
  });

  it("refuses builds that compute something else", async () => {
    const launch = (_: unknown, { B }: Readonly<Record<string, number>>) => ({
      grid: [1],
      args: { out: zeroed("i32", 4), digit: B, n: 64 },
    });
    await expect(measurement({ tuning: { ...TUNING, launch: launch as never } }).run()).rejects.toMatchObject({
      problem:
        "builds 0 and 2 of append compute different numbers for n = 64: out differs by 1.0 of its largest number",
    });
    const free = measurement({ tuning: { ...TUNING, launch: launch as never, tolerance: Number.POSITIVE_INFINITY } });
    await free.run();
    expect(free.results[0]!.timed).toHaveLength(3);
  });

  it("gives each build the same beginnings, of kernels that change what they read", async () => {
    const launch = () => ({ grid: [1], args: { out: given("i32", [5, 6, 7]), digit: 1, n: 64 } });
    const measured = measurement({ tuning: { ...TUNING, launch: launch as never } });
    await measured.run();
    expect(measured.results[0]!.timed).toHaveLength(3);
  });

  it("measures only what the arguments leave, and refuses a launch that leaves too much open", async () => {
    const launch = () => ({ grid: [64], args: { out: zeroed("i32", 4), digit: 1, n: 64, B: 1 } });
    const measured = measurement({ tune: [], tuning: { ...TUNING, launch: launch as never } });
    await measured.run();
    expect(shown(measured)).toEqual([["1: 0.1", "0: 0.2"]]);
    await expect(measurement({ tune: [] }).run()).rejects.toMatchObject({
      problem: "the tuning of append launches it without B, in which its builds differ",
      hint: expect.stringContaining('tune: ["B"]'),
    });
  });

  it("refuses a size that is another one as an argument", async () => {
    const launch = () => ({ grid: [1], args: { out: zeroed("i32", 4), digit: 1, n: 32 } });
    await expect(measurement({ tuning: { ...TUNING, launch: launch as never } }).run()).rejects.toMatchObject({
      problem: "the tuning of append gives the argument n 32, where the shape has 64",
    });
  });

  it.each([
    ["nothing", undefined],
    ["no arguments", { grid: [1] }],
  ])("refuses a tuning that gives %s", async (_, given) => {
    const tuning = { ...TUNING, launch: (() => given) as never };
    await expect(measurement({ tuning }).run()).rejects.toMatchObject({
      problem: "the tuning of append gives no launch for n = 64",
    });
  });

  it("keeps what it has when it is interrupted, and when its time is spent", async () => {
    const controller = new AbortController();
    const interrupted = measurement({ signal: controller.signal, shapes: [{ n: 64 }, { n: 128 }] });
    const stop = (_: object, key: string | symbol): number => {
      if (key === "64 × 256") controller.abort();
      return 0.2;
    };
    times = new Proxy({}, { get: stop });
    await interrupted.run();
    expect([shown(interrupted), interrupted.ended]).toEqual([[["0: 0.2"]], "interrupted"]);
    times = {};
    const spent = measurement({ budgetMs: 0, shapes: [{ n: 64 }, { n: 128 }] });
    await spent.run();
    expect([shown(spent), spent.ended]).toEqual([[["0: 100"]], "budget"]);
  });

  it("is shown as a table of what tells builds apart", async () => {
    const measured = measurement();
    await measured.run();
    expect(shapeTable(measured.results[0]!)).toEqual([
      "n = 64",
      "  build          time   ratio       GB/s  registers  shared",
      "  B=1 warps=8  100 µs  1.00 ×   0.000160         64       0",
      "  B=1 warps=4  200 µs  2.00 ×  0.0000800         64       0",
      "  B=2 warps=4  400 µs  4.00 ×  0.0000400         64       0",
    ]);
  });
});

import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Manifest, Tuned } from "../../../../compiler/bundle/index.js";
import { CudaDevice } from "../../../../runtime/device/cuda/index.js";
import { openFake } from "../../native/fake-driver.js";
import { constant, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();
const device = CudaDevice.open();

beforeEach(() => fake.reset());
afterAll(async () => {
  device.close();
  await vi.waitFor(() => expect(fake.live()).toEqual([]));
});

/** Builds by BM and warps; of BM = 32 there are two. */
const BUILDS = [
  { BM: 32, warps: 4 },
  { BM: 32, warps: 8 },
  { BM: 128, warps: 8 },
] as const;

interface Given {
  readonly tuned?: readonly Partial<Tuned>[];
  readonly tune?: string[];
  readonly misfit?: number;
}

async function load({ tuned = [], tune = ["BM"], misfit }: Given) {
  const launches = BUILDS.map(({ warps }, index) => ({ warps, sharedBytes: index === misfit ? 10 ** 6 : 0 }));
  const kernel = {
    name: "k",
    params: [pointer("x"), scalar("M"), scalar("N"), constant("BM")],
    variants: BUILDS.map(({ BM }, index) => ({ constants: { BM }, launch: launches[index]! })),
  };
  const folder = fakeBundle([kernel], (manifest: Manifest) => {
    const [entry] = manifest.kernels;
    const variants = entry!.variants.map((variant, build) => ({ ...variant, build }));
    const measured = tuned.map((one) => ({ device: device.name, arch: device.arch, shape: {}, build: 0, ...one }));
    return { ...manifest, kernels: [{ ...entry!, variants, tune, tuned: measured }] };
  });
  return (await device.load(folder)).kernel("k");
}

const x = device.alloc(64);
const shown = ({ build }: { build: { constants: object; warps: number } }) =>
  `${Object.values(build.constants)} × ${build.warps}`;

describe("a launch that leaves constants to tuning", () => {
  it("takes the first build where nothing was measured, and its grid from that", async () => {
    const kernel = await load({});
    kernel.launch(({ BM }) => [1024 / BM], { x, M: 1024, N: 1 });
    expect(fake.launches()[0]).toContain("grid=32,1,1 block=128,1,1");
  });

  it("takes the build of the nearest shape, counted in doublings", async () => {
    const kernel = await load({
      tuned: [
        { shape: { M: 16, N: 64 }, build: 1 },
        { shape: { M: 4096, N: 64 }, build: 2 },
      ],
    });
    const at = (M: number, N = 64) => shown(kernel.prepare(({ BM }) => [Math.ceil(M / BM)], { x, M, N }));
    expect([1, 16, 255].map((M) => at(M))).toEqual(["32 × 8", "32 × 8", "32 × 8"]);
    expect([257, 4096, 10 ** 6].map((M) => at(M))).toEqual(["128 × 8", "128 × 8", "128 × 8"]);
    // Equally near: the first.
    expect(at(256)).toBe("32 × 8");
    kernel.launch(({ BM }) => [4096 / BM], { x, M: 4096, N: 64 });
    expect(fake.launches()[0]).toContain("grid=32,1,1 block=256,1,1");
  });

  it("moves to another build, and another grid, when a size is set", async () => {
    const kernel = await load({
      tuned: [
        { shape: { M: 16 }, build: 1 },
        { shape: { M: 4096 }, build: 2 },
      ],
    });
    const launch = kernel.prepare(({ BM }) => [4096 / BM], { x, M: 16, N: 1 });
    launch.set("M", 4096);
    launch.run();
    expect(fake.launches()[0]).toContain("grid=32,1,1 block=256,1,1");
  });

  it("takes a constant that is given, and what was measured of the builds that have it", async () => {
    const tuned = [{ shape: { M: 1 }, build: 2 }];
    const kernel = await load({ tuned });
    expect(shown(kernel.prepare([1], { x, M: 1, N: 1, BM: 32 }))).toBe("32 × 4");
    const both = await load({ tuned: [...tuned, { shape: { M: 4096 }, build: 1 }] });
    expect(shown(both.prepare([1], { x, M: 1, N: 1, BM: 32 }))).toBe("32 × 8");
  });

  it("prefers what this very device was measured at to what another of its architecture was", async () => {
    const other = { device: "another GPU", shape: { M: 1 }, build: 1 };
    expect(shown((await load({ tuned: [other] })).prepare([1], { x, M: 1, N: 1 }))).toBe("32 × 8");
    const mine = { shape: { M: 9999 }, build: 2 };
    expect(shown((await load({ tuned: [other, mine] })).prepare([1], { x, M: 1, N: 1 }))).toBe("128 × 8");
    const foreign = { ...other, arch: 80 };
    expect(shown((await load({ tuned: [foreign] })).prepare([1], { x, M: 1, N: 1 }))).toBe("32 × 4");
  });

  it("leaves a build that does not fit the device to the others", async () => {
    const kernel = await load({ tuned: [{ shape: { M: 1 }, build: 2 }], misfit: 2 });
    expect(shown(kernel.prepare([1], { x, M: 1, N: 1 }))).toBe("32 × 4");
  });

  it("must give constants that are not left to it", async () => {
    const kernel = await load({ tune: [] });
    expect(() => kernel.launch([1], { x, M: 1, N: 1 })).toThrow(
      "k, parameter BM: expected one of what was built (BM = 32; BM = 128), got nothing",
    );
  });

  it("says what is wrong with a grid that a function gave", async () => {
    const kernel = await load({});
    expect(() => kernel.launch(({ BM }) => [1 / BM], { x, M: 1, N: 1 })).toThrow(
      "k: expected a grid of 1 to 3 whole numbers up to [2147483647, 65535, 65535], got [0.03125]",
    );
  });
});

it("a manifest whose choices mean no build is refused", async () => {
  await expect(load({ tuned: [{ build: 3 }] })).rejects.toThrow("there are only 3 builds");
  await expect(load({ tune: ["BQ"] })).rejects.toThrow("tune: it names what is no constant");
});

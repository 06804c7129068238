import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFAULT_BUILD } from "../../../compiler/build/plan.js";
import { fingerprintOf, type Measured, measuredOf, tunedPath, winnersOf } from "../../../compiler/build/tuned/index.js";
import { optionsOf } from "../../../compiler/build/tuned/options.js";
import { check } from "../../../compiler/check.js";
import { folderWith } from "../../cli/run-cli.js";

const SOURCE = `import { type Const, kernel, type Ptr, store } from "tilescript";
/** One. */
export const k = kernel((p: { x: Ptr<"f32">; B: Const<"B"> }) => {
  store(p.x + p.B, 1);
}, { builds: [{ constants: { B: 1 } }] });
`;

const fingerprint = (text: string): string =>
  fingerprintOf(check([join(folderWith({ "k.kernel.ts": text }), "k.kernel.ts")]).kernels);

describe("the fingerprint of a kernel", () => {
  const before = fingerprint(SOURCE);

  test.each([
    ["its builds", SOURCE.replace("B: 1 } }", "B: 1 }, warps: 8 }, { constants: { B: 2 } }")],
    ["its comments", SOURCE.replace("One.", "Two.")],
    ["its place", SOURCE.replace("/**", "\n\n/**")],
  ])("does not depend on %s", (_, text) => expect(fingerprint(text)).toBe(before));

  test("depends on what it computes", () => expect(fingerprint(SOURCE.replace(", 1)", ", 2)"))).not.toBe(before));
});

test.each([
  ["a/matmul.kernel.ts", "a/matmul.tuned.json"],
  ["dist/matmul.kernel.js", "dist/matmul.tuned.json"],
  ["kernels.ts", "kernels.tuned.json"],
])("what was measured of %s is in %s", (file, path) => expect(tunedPath(file)).toBe(path));

test("a kernel that is called as something of every object was not measured", () => {
  expect(measuredOf({ version: 1, kernels: {} }, "constructor")).toBeUndefined();
});

test("options are those that are not the default, and always warps and stages", () => {
  expect(optionsOf(DEFAULT_BUILD)).toEqual({ warps: 4, stages: 3 });
  expect(optionsOf({ ...DEFAULT_BUILD, stages: 4, pdl: true, maxRegisters: undefined, divisible: ["x"] })).toEqual({
    ...{ warps: 4, stages: 4, pdl: true },
    divisible: '["x"]',
  });
});

const build = (B: number, warps = 4) => ({ constants: { B }, dtypes: {}, options: { warps, stages: 3 } });
const builds = [build(1), build(2), build(4)].map((one) => ({ ...one, pdl: false, warps: 4 }));

/** Milliseconds of builds by B, the fastest first. */
const measured = (
  sizes: Record<string, number>,
  times: Record<number, number>,
  more: Partial<Measured> = {},
): Measured => ({
  ...{ device: "GPU", arch: 90, tilescript: "0", triton: null, date: "", shape: sizes, sizes },
  builds: Object.entries(times)
    .map(([B, milliseconds]) => ({ ...build(Number(B)), milliseconds }))
    .sort((a, b) => a.milliseconds - b.milliseconds),
  ...more,
});

describe("the winners of a kernel", () => {
  const winners = (all: readonly Measured[], tune = ["B"]) => winnersOf({ builds, tune }, all);

  test("are the fastest build of each shape and device", () => {
    const all = [
      measured({ n: 1 }, { 1: 3, 2: 2 }),
      measured({ n: 9 }, { 1: 1, 2: 2 }),
      measured({ n: 1 }, { 4: 1 }, { device: "CPU", arch: 0 }),
    ];
    expect(winners(all)).toEqual({
      lost: 0,
      tuned: [
        { device: "GPU", arch: 90, shape: { n: 1 }, build: 1 },
        { device: "GPU", arch: 90, shape: { n: 9 }, build: 0 },
        { device: "CPU", arch: 0, shape: { n: 1 }, build: 2 },
      ],
    });
  });

  test("are those that lose least, over shapes that a launch cannot tell apart", () => {
    // By itself each shape has another winner, and 2 is close behind in both.
    const all = [measured({ n: 1 }, { 1: 10, 2: 11, 4: 30 }), measured({ n: 1 }, { 4: 100, 2: 110, 1: 300 })];
    expect(winners(all).tuned).toEqual([{ device: "GPU", arch: 90, shape: { n: 1 }, build: 1 }]);
  });

  test("are told apart by constants that a launch gives", () => {
    const all = [measured({ n: 1 }, { 1: 10 }), measured({ n: 1 }, { 4: 100 })];
    expect(winners(all, []).tuned.map(({ build }) => build)).toEqual([0, 2]);
  });

  test("are builds of the kernel: others are counted", () => {
    expect(winners([measured({ n: 1 }, { 8: 1, 2: 2 }), measured({ n: 2 }, { 2: 1 })])).toMatchObject({
      lost: 1,
      tuned: [{ shape: { n: 2 }, build: 1 }],
    });
  });
});

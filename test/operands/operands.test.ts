import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureEnvironment, startTriton, type TritonService } from "../../compiler/backends/triton/index.js";
import { createFrontend } from "../../compiler/frontend/index.js";
import { temporaryFolder } from "../temporary-folder.js";
import { drawnStatements } from "./statements.js";
import { Trial } from "./trial.js";

let triton: TritonService;
beforeAll(async () => {
  triton = await startTriton({ environment: await ensureEnvironment({ extras: ["model", "test"] }), jobs: 2 });
}, 900_000);
afterAll(() => triton.close());

/** What once was accepted and not built. */
const FOUND = [
  'store(out + at, to(sum(interleave(Infinity, load(p_u32 + at))), "f32"));',
  'store(out + at, to(split(join(-1.0, load(p_bool + at)))[0], "f32"));',
  'store(out + at, to(sum(broadcastTo(load(p_f32 + at), [2, 16]), 0), "f32"));',
  'store(out + at, to(to(NEGATIVE, "u8"), "f32"));',
  'store(out + at, to(maximum(NaN, WIDE), "f32"));',
  'store(out + at, to(clamp(-7, 2147483648, n64), "f32"));',
];

it("what was not built is built now", { timeout: 120_000 }, async () => {
  const trial = new Trial(temporaryFolder("operands"), createFrontend(), triton);
  expect(await trial.failures(FOUND)).toEqual({ accepted: FOUND.length, failures: [] });
});

/** Formats and packings of scaled products, of [32, K] and [K, 32]: few draws would be right. */
const SCALED = [
  ["u8", "e2m1", "u8", "e2m1", ""],
  ["u8", "e2m1", "u8", "e2m1", "lhsKPack: false, rhsKPack: false, fastMath: true"],
  ["f8e4m3", "e4m3", "u8", "e5m2", ""],
  ["f8e5m2", "e5m2", "u8", "e2m1", ""],
  ["bf16", "bf16", "u8", "e2m1", ""],
  ["f16", "f16", "f8e4m3", "e4m3", "fastMath: YES"],
].map(([a, lhs, b, rhs, options]) => {
  const [beyondK, K] = [options!.includes("KPack"), lhs === "e2m1" && rhs === "e2m1" ? 64 : 32];
  const [k, l] = [lhs, rhs].map((format) => (format === "e2m1" && !beyondK ? K / 2 : K));
  const scales = (format: string) => (format.endsWith("16") ? "null" : `broadcastTo(load(p_u8), [32, ${K / 32}])`);
  const x = beyondK ? `reshape(load(p_${a} + arange(0, 1024)), [16, 64])` : `broadcastTo(load(p_${a}), [32, ${k}])`;
  const y = beyondK
    ? `reshape(load(p_${b} + arange(0, 1024)), [64, 16])`
    : `reshape(load(p_${b} + arange(0, ${32 * l!})), [${l}, 32])`;
  const product = `dotScaled(${x}, ${scales(lhs!)}, "${lhs}", ${y}, ${scales(rhs!)}, "${rhs}", { ${options} })`;
  return `store(p_f32 + arange(0, 32), sum(${product}, 0));`;
});

it("scaled products are built", { timeout: 120_000 }, async () => {
  const trial = new Trial(temporaryFolder("operands"), createFrontend(), triton);
  expect(await trial.failures(SCALED)).toEqual({ accepted: SCALED.length, failures: [] });
});

/** What draws of other seeds have found: e4m3's NaN, alone and as a tile. */
it("NaN is built in 8 bits", { timeout: 120_000 }, async () => {
  const trial = new Trial(temporaryFolder("operands"), createFrontend(), triton);
  const statements = ["f8e4m3", "f8e5m2"].map((dtype) => `store(out + at, to(full([16], NaN, "${dtype}"), "f32"));`);
  expect(await trial.failures(statements)).toEqual({ accepted: 2, failures: [] });
});

/** A sample, the same one in every run; `node scripts/operands.mjs` draws others, or tries all. */
it("what check accepts is built, whatever op meets whatever dtype and kind of operand", async () => {
  const seed = 1;
  const trial = new Trial(temporaryFolder("operands"), createFrontend(), triton);
  const { accepted, failures } = await trial.failures(drawnStatements(seed, 400));
  expect({ seed, failures }).toEqual({ seed, failures: [] });
  expect(accepted).toBeGreaterThan(50);
}, 300_000);

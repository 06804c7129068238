import { afterAll, beforeAll, expect, it } from "vitest";
import { createFrontend } from "../../compiler/frontend/index.js";
import { ensureEnvironment, startTriton, type TritonService } from "../../compiler/triton/index.js";
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

/** A sample, the same one in every run; `node scripts/operands.mjs` draws others, or tries all. */
it("what check accepts is built, whatever op meets whatever dtype and kind of operand", async () => {
  const seed = 1;
  const trial = new Trial(temporaryFolder("operands"), createFrontend(), triton);
  const { accepted, failures } = await trial.failures(drawnStatements(seed, 400));
  expect({ seed, failures }).toEqual({ seed, failures: [] });
  expect(accepted).toBeGreaterThan(50);
}, 300_000);

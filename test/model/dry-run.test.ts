import { afterAll, describe, expect, it } from "vitest";
import { findDemoModel } from "../../runtime/index.js";
import { neededBuilds } from "../../runtime/models/dry-run.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { gpuOf, usualBuilds } from "../../runtime/models/usual-builds.js";
import { readAttention } from "../../runtime/reattention/index.js";

const PASTS = [0, 10, 9000, 40_000];
const COUNTS = [...Array.from({ length: 140 }, (_, index) => index + 1), 200, 511, 512, 513, 700, 1537, 8191, 8192];

describe("the builds that are compiled are those of every prompt", () => {
  const files = openModelFiles(findDemoModel());
  afterAll(() => files[Symbol.dispose]());
  const capacity = 1 << 16;

  it.each([
    "dense",
    "streaming",
    "reattention",
    "reattention:local=2k,clip=60,chunk=128",
    "reattention:local=512,topK=1,clip=32,chunk=32",
    "reattention:tail=40",
  ])("%s", async (mode) => {
    const options = { ...files, attention: readAttention(mode, files.config.context), capacity };
    const compiled = new Set((await neededBuilds(gpuOf(90), options)).map((build) => JSON.stringify(build)));
    const prompts = PASTS.flatMap((past) => COUNTS.map((count) => [past, count] as const));
    const missing = (await neededBuilds(gpuOf(90), options, prompts)).filter(
      (build) => !compiled.has(JSON.stringify(build)),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    ["dense", ["combineShares", "dealPosition", "decodeShare", "exchangeRows"]],
    [
      "reattention",
      ["dealPosition", "exchangeRows", "mergeCandidates", "reattentionCandidates", "reattentionCandidatesStreamed"],
    ],
  ])("%s dealt to several devices: kernels of their own", async (mode, own) => {
    const options = { ...files, attention: readAttention(mode, files.config.context), capacity };
    const dealt = { dealing: { ranks: 4, block: 4096 }, mapped: true };
    const namesOf = async (more: object) =>
      new Set((await neededBuilds(gpuOf(90), { ...options, ...more })).map(({ kernel }) => kernel));
    const [one, several] = [await namesOf({}), await namesOf({ dealt })];
    expect([...several].filter((name) => !one.has(name)).sort()).toEqual(own);
  });

  it.each([100, 150, 200, 300])("in a context of %i tokens", async (capacity) => {
    const options = { ...files, attention: readAttention("dense", files.config.context), capacity };
    const compiled = new Set((await neededBuilds(gpuOf(90), options)).map((build) => JSON.stringify(build)));
    const prompts = Array.from({ length: capacity - 1 }, (_, index) => [0, index + 1] as const);
    const needed = await neededBuilds(gpuOf(90), options, prompts);
    expect(needed.filter((build) => !compiled.has(JSON.stringify(build)))).toEqual([]);
  });

  it("with several sequences: kernels of their own, and the products of as many rows", async () => {
    const options = { ...files, attention: readAttention("dense", files.config.context), capacity };
    const namesOf = async (sequences: number) =>
      new Set((await neededBuilds(gpuOf(90), { ...options, sequences })).map(({ kernel }) => kernel));
    const [one, several] = [await namesOf(1), await namesOf(3)];
    expect([...several].filter((name) => !one.has(name)).sort()).toEqual(
      ["Append", "Attention", "Combine", "Tokens"].map((name) => `batch${name}`),
    );
    const windowed = { ...options, attention: readAttention("streaming", files.config.context), sequences: 8 };
    expect(new Set((await neededBuilds(gpuOf(90), windowed)).map(({ kernel }) => kernel))).not.toContain("batchTokens");
  });

  it("of answers that ask for more than draws", async () => {
    for (const [mode, sequences] of [["dense", 1] as const, ["dense", 4] as const, ["streaming", 1] as const]) {
      const options = { ...files, attention: readAttention(mode, files.config.context), capacity, sequences };
      const names = (await neededBuilds(gpuOf(90), options, [])).map(({ kernel }) => kernel);
      expect(names).toEqual(expect.arrayContaining(["shapeLogits", "batchPick", "tellTokens"]));
    }
  });

  it("of modes that are named beside the usual ones", async () => {
    const mode = readAttention("reattention:topK=8", files.config.context);
    const needed = await neededBuilds(gpuOf(90), { ...files, attention: mode, capacity });
    const missing = async (modes: (typeof mode)[]) => {
      const compiled = new Set((await usualBuilds(files, 90, modes)).map((build) => JSON.stringify(build)));
      return needed.filter((build) => !compiled.has(JSON.stringify(build))).length;
    };
    expect(await missing([])).toBeGreaterThan(0);
    expect(await missing([mode])).toBe(0);
  });

  it("of texts that are scored, which a GPU may have no compiler for", async () => {
    for (const mode of ["dense", "streaming", "reattention"]) {
      const options = { ...files, attention: readAttention(mode, files.config.context), capacity };
      const names = (await neededBuilds(gpuOf(90), options, [])).map(({ kernel }) => kernel);
      expect(names).toEqual(expect.arrayContaining(["scoreTokens", "batchLogits"]));
    }
  });

  it("in contexts of every length", async () => {
    const compiled = new Set((await usualBuilds(files, 90)).map((build) => JSON.stringify(build)));
    const attention = readAttention("reattention", files.config.context);
    for (const capacity of [100_000, 900_000, 1_100_000, 1_390_000, 1_400_000, 3_000_000, 5_000_000]) {
      const needed = await neededBuilds(gpuOf(90), { ...files, attention, capacity }, [[capacity - 1, 1]]);
      expect(
        needed.filter((build) => !compiled.has(JSON.stringify(build))),
        `${capacity} tokens`,
      ).toEqual([]);
    }
  });
});

import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracyOf,
  continueResults,
  emptyResults,
  heatMapOf,
  modelAnswerer,
  type NiahRun,
  readResults,
  recallOf,
  recallOfCell,
  writeResults,
} from "../../eval/niah/index.js";
import { Eta } from "../../eval/shared/eta.js";
import { Generation } from "../../runtime/generate/generation.js";
import { folderWith } from "../cli/run-cli.js";

const identity = {
  model: { name: "small", file: "small.gguf", bytes: 1, layers: 2, trainedContext: 1000 },
  hay: { name: "noise", sha256: "abc" },
  seed: 7,
  maxTokens: 40,
};

const run = (change: Partial<NiahRun>): NiahRun => ({
  needle: 0,
  prefix: true,
  word: "a-b",
  number: "1234567",
  promptTokens: 100,
  needleAt: 10,
  seconds: 1,
  ...change,
});

describe("a file of results", () => {
  const results = emptyResults(identity);
  results.cells.push({
    attention: "dense",
    context: 800,
    depth: 50,
    accuracy: { withPrefix: 1 },
    runs: [run({ answer: "x", right: false })],
  });

  it("is read back as it was written, and nothing else is left in the folder", () => {
    const folder = folderWith({});
    const file = join(folder, "deep", "niah.json");
    writeResults(file, results);
    writeResults(file, results);
    expect(readResults(file)).toEqual(results);
    expect(continueResults(file, identity)).toEqual(results);
    expect(readdirSync(join(folder, "deep"))).toEqual(["niah.json"]);
    expect(continueResults(join(folder, "none.json"), identity).cells).toEqual([]);
  });

  it("of another model, hay or seed is not gone on with", () => {
    const file = join(folderWith({}), "niah.json");
    writeResults(file, results);
    const model = { ...identity.model, bytes: 2 };
    expect(() => continueResults(file, { ...identity, model })).toThrow(/another run: model differs\. .*--fresh/);
    expect(() => continueResults(file, { ...identity, seed: 8, hay: { name: "x", sha256: "y" } })).toThrow(
      /hay differs, seed differs/,
    );
    expect(readFileSync(file, "utf8")).toContain('"bytes": 1');
  });

  const cellAt = (depth: number, ...runs: NiahRun[]) => ({
    attention: "dense",
    context: 800,
    depth,
    accuracy: {},
    runs,
  });

  it("that two runs fill at the same time keeps the answers of both", () => {
    const file = join(folderWith({}), "niah.json");
    const [one, other] = [0, 100].map((depth) => {
      const mine = emptyResults(identity);
      mine.cells.push(cellAt(depth, run({ right: true })));
      return mine;
    });
    writeResults(file, one!);
    writeResults(file, other!);
    one!.cells[0]!.runs.push(run({ needle: 1, right: false }));
    writeResults(file, one!);
    expect(readResults(file).cells.map(({ depth, runs }) => [depth, runs.length])).toEqual([
      [0, 2],
      [100, 1],
    ]);
    writeResults(file, other!, { replace: true });
    expect(readResults(file)).toEqual(other);
  });

  it("gets an answer in place of an error, and none in place of an answer", () => {
    const file = join(folderWith({}), "niah.json");
    const [one, other] = [run({ right: true }), run({ error: "no memory" })].map((first) => {
      const mine = emptyResults(identity);
      mine.cells.push(cellAt(50, first, run({ needle: 1, error: "no memory" })));
      return mine;
    });
    writeResults(file, other!);
    writeResults(file, one!);
    writeResults(file, other!);
    expect(readResults(file).cells[0]!.runs.map(({ right }) => right)).toEqual([true, undefined]);
    expect(readResults(file).cells[0]!.accuracy).toEqual({ withPrefix: 1 });
  });

  it("is not written over where another run has replaced it", () => {
    const file = join(folderWith({}), "niah.json");
    writeResults(file, emptyResults({ ...identity, seed: 8 }));
    expect(() => writeResults(file, results)).toThrow(/another run: seed differs/);
    expect(readResults(file).seed).toBe(8);
  });

  it("is written in the end where a writer was killed", () => {
    const folder = folderWith({ "niah.json.lock": "" });
    utimesSync(join(folder, "niah.json.lock"), 1, 1);
    writeResults(join(folder, "niah.json"), results);
    expect(readdirSync(folder)).toEqual(["niah.json"]);
  });

  it("that is damaged or something else is said to be", () => {
    const folder = folderWith({ "half.json": '{"kind": "needle', "other.json": '{"kind": "benchmark"}' });
    writeFileSync(join(folder, "newer.json"), JSON.stringify({ ...results, version: 2 }));
    for (const name of ["half", "other", "newer"])
      expect(() => continueResults(join(folder, `${name}.json`), identity)).toThrow(/is no file of results that/);
  });
});

describe("a cell", () => {
  const runs = [
    run({ right: true, recall: { layers: 30, whole: 10, number: 12, share: 0.5 } }),
    run({ needle: 1, right: false, recall: { layers: 30, whole: 15, number: 16, share: 0.5 } }),
    run({ needle: 2, error: "out of memory" }),
    run({ prefix: false, right: false }),
  ];
  const cell = { attention: "x", context: 1, depth: 0, accuracy: {}, runs };

  it("has the share of right answers among those that came", () => {
    expect(accuracyOf(cell, true)).toBe(0.5);
    expect(accuracyOf(cell, false)).toBe(0);
    expect(accuracyOf({ runs: [runs[2]!] }, true)).toBeUndefined();
  });

  it("has the mean of the layers that retrieved the needle", () => {
    expect(recallOfCell(cell, true)).toEqual({ whole: 12.5, share: 0.5, layers: 30 });
    expect(recallOfCell(cell, false)).toBeUndefined();
  });
});

it("a heat map says how many needles its cells have", () => {
  const drawn = (...counts: number[]) => {
    const results = emptyResults(identity);
    for (const [depth, count] of counts.entries()) {
      const runs = Array.from({ length: count }, (_, needle) => run({ needle, right: true }));
      results.cells.push({ attention: "dense", context: 800, depth, accuracy: {}, runs });
    }
    return heatMapOf(results).replaceAll(/<[^>]*>/g, "");
  };
  expect(drawn(3, 3)).toContain(" 3 needles a cell");
  expect(drawn(3, 1, 0)).toContain("1 to 3 needles a cell");
  expect(drawn(1)).toContain(" 1 needle a cell");
});

describe("recall", () => {
  it("counts layers that have the whole needle, and how much of it they have", () => {
    const windows = [[0, 1, 10, 11, 12, 13, 50], [0, 1, 11, 12, 50], [0, 1, 9, 14, 50], Int32Array.of(10, 11, 12, 13)];
    expect(recallOf(windows, { start: 10, end: 14 }, { start: 11, end: 13 })).toEqual({
      layers: 4,
      whole: 2,
      number: 3,
      share: 0.625,
    });
    expect(recallOf([[]], { start: 10, end: 14 }, { start: 11, end: 13 })).toEqual({
      layers: 1,
      whole: 0,
      number: 0,
      share: 0,
    });
  });

  it("is what counting one by one gives", () => {
    const sorted = fc.uniqueArray(fc.nat(60), { maxLength: 40 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(
        fc.array(sorted, { minLength: 1, maxLength: 5 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 20 }),
        (windows, start, length) => {
          const inside = windows.map((window) => window.filter((at) => at >= start && at < start + length).length);
          const { whole, share } = recallOf(windows, { start, end: start + length }, { start, end: start + length });
          expect(whole).toBe(inside.filter((count) => count === length).length);
          expect(share).toBeCloseTo(inside.reduce((sum, count) => sum + count / length, 0) / windows.length);
        },
      ),
    );
  });
});

it("a model answers greedily, and what it retrieved is compared with the needle", async () => {
  const asked: unknown[] = [];
  const timings = { firstTokenMs: 12.34, decodeMs: 1, promptTokensPerSecond: 1, tokensPerSecond: 99.99 };
  const result = {
    text: " 1234567",
    tokens: [1],
    promptTokens: 3,
    cachedTokens: 0,
    stopReason: "maxTokens" as const,
    timings,
  };
  const answerer = modelAnswerer({
    generateFrom: (prompt, options) => {
      asked.push(prompt, options);
      return new Generation((to) => {
        to.end(result);
        return () => {};
      });
    },
    inspectSelection: async () => [Int32Array.of(0, 1, 2), Int32Array.of(2)],
    close: () => asked.push("closed"),
  });
  const question = { maxTokens: 8, prefixTokens: 0, needle: { start: 1, end: 3 }, number: { start: 2, end: 3 } };
  expect(await answerer.answer([5, 6, 7], question)).toEqual({
    text: " 1234567",
    cutOff: true,
    recall: { layers: 2, whole: 1, number: 2, share: 0.75 },
    firstTokenMs: 12.3,
    tokensPerSecond: 100,
  });
  await answerer.close();
  expect(asked).toEqual([[5, 6, 7], expect.objectContaining({ maxTokens: 8, temperature: 0 }), "closed"]);
});

it("the time left follows from the time taken, and long prompts cost more than their share", () => {
  let now = 0;
  const eta = new Eta([8192, 8192, 81920], () => now);
  expect(eta.remaining()).toBeUndefined();
  eta.begin();
  now = 1000;
  // Half of the first prompt is read: less than half of its cost, since what comes later sees more before it.
  expect(eta.remaining(4096)!).toBeGreaterThan(1000 * 20);
  eta.end(8192);
  now = 50_000;
  expect(eta.remaining()).toBeCloseTo(1000 + (1000 * (10 * 11)) / 2);
  eta.begin();
  now += 1000;
  eta.end(8192);
  eta.begin();
  now += 55_000;
  expect(eta.remaining(81920)).toBe(0);
  eta.end(81920);
  expect(eta.remaining()).toBe(0);
});

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  continueResults,
  crossover,
  crossovers,
  crossoverTexts,
  firstTokenFloor,
  type LongContextResults,
  longContextCharts,
  longContextResults,
  type Row,
  tableText,
  tokenFloor,
  withRow,
} from "../../bench/long-context/index.js";
import { writeResults } from "../../bench/results-file.js";
import type { ModelConfig } from "../../runtime/models/config.js";
import { temporaryFolder } from "../temporary-folder.js";

const k = 1024;
const published = longContextResults.parse(
  JSON.parse(readFileSync(new URL("../../bench/results/long-context-nvidia-h200.json", import.meta.url), "utf8")),
);

const config = {
  name: "A model",
  layers: 30,
  hidden: 576,
  heads: 9,
  kvHeads: 3,
  headSize: 64,
  feedForward: 1536,
} as ModelConfig;

const row = (attention: string, tokens: number, firstTokenMs: number | undefined, tokenMs: number): Row => ({
  attention,
  tokens,
  firstTokenMs,
  tokenMs,
  memoryBytes: 2 ** 30,
  neededBytes: 2 ** 30,
});

const results = (rows: Row[], more: Partial<LongContextResults> = {}): LongContextResults => ({
  date: "2026-01-01T00:00:00.000Z",
  commit: "abc",
  device: "A GPU",
  processors: 1,
  node: "v20",
  model: { name: "A model", file: "a.gguf", bytes: 1 },
  copyTBs: 2,
  readTBs: 4,
  matmulTFLOPs: 500,
  rows,
  ...more,
});

describe("crossover", () => {
  it("lies where lines between points meet on logarithmic axes", () => {
    // n² / 64 meets 4n at 256, between the lengths that were measured.
    const lengths = [64, 1024];
    const square = lengths.map((n) => [n, n ** 2 / 64] as const);
    const line = lengths.map((n) => [n, 4 * n] as const);
    expect(crossover(line, square)).toEqual({ tokens: 256 });
    expect(crossover(square, line)).toEqual({ tokens: 1024, outside: "beyond" });
  });

  it("counts only lengths that both were measured for", () => {
    const square = [1, 8, 16, 512, 4096].map((n) => [n, n ** 2] as const);
    const line = [4, 8, 512, 1024].map((n) => [n, 32 * n] as const);
    expect(crossover(line, square)).toEqual({ tokens: 32 });
    expect(crossover(square, line)).toEqual({ tokens: 512, outside: "beyond" });
    expect(
      crossover(
        [
          [256, 1],
          [512, 1],
        ],
        [
          [256, 1],
          [1024, 1],
        ],
      ),
    ).toEqual({ tokens: 256, outside: "beyond" });
  });

  it("is none where the window holds all lengths that both were measured for", () => {
    const mode = "reattention:global=32,local=4k,topK=4,span=32,clip=127,chunk=512";
    const short = [row("dense", 256, 1, 2), row("dense", 4128, 1, 2), row(mode, 256, 1, 1), row(mode, 4128, 1, 1)];
    const more = [...short, row(mode, 8 * k, 9, 9)];
    for (const rows of [short, more]) {
      expect(crossovers(rows)).toEqual([{ attention: mode, firstToken: undefined, token: undefined }]);
      expect(crossoverTexts(rows)).toEqual([expect.stringContaining("both attend to the same tokens")]);
    }
    expect(crossoverTexts([...more, row("dense", 8 * k, 1, 10)])).toHaveLength(2);
  });

  it.each<[string, [number, number][], [number, number][], object | undefined]>([
    [
      "always faster",
      [
        [8, 1],
        [16, 1],
      ],
      [
        [8, 2],
        [16, 2],
      ],
      { tokens: 8, outside: "below" },
    ],
    [
      "never faster",
      [
        [8, 3],
        [16, 3],
      ],
      [
        [8, 2],
        [16, 2],
      ],
      { tokens: 16, outside: "beyond" },
    ],
    ["equal", [[8, 2]], [[8, 2]], { tokens: 8, outside: "beyond" }],
    [
      "only within what both have",
      [
        [8, 1],
        [64, 9],
      ],
      [
        [8, 2],
        [16, 3],
      ],
      { tokens: 8, outside: "below" },
    ],
    ["no length in common", [[8, 1]], [[16, 1]], undefined],
    ["nothing to compare with", [[8, 1]], [], undefined],
    [
      "faster, slower, faster: the last",
      [
        [1, 1],
        [2, 4],
        [4, 1],
      ],
      [
        [1, 2],
        [2, 2],
        [4, 2],
      ],
      { tokens: 3 },
    ],
  ])("%s", (_, curve, other, expected) => {
    expect(crossover(curve, other)).toEqual(expected);
  });

  it("is found in what was published", () => {
    for (const { firstToken, token } of crossovers(published.rows))
      for (const { tokens } of [firstToken!, token!]) expect(tokens).toBeGreaterThanOrEqual(8 * k);
  });

  it("is said in words", () => {
    const dense = [row("dense", 8 * k, 10, 1), row("dense", 32 * k, 40, 4)];
    const ours = [row("reattention:a=1", 8 * k, 20, 2), row("reattention:a=1", 32 * k, undefined, 2)];
    expect(crossoverTexts([...dense, ...ours])).toEqual([
      "reattention answers its first token earlier than dense attention only beyond 8k tokens, if at all (not at the longest length measured for both)",
      "reattention makes a token faster than dense attention from 16k tokens on",
    ]);
  });
});

describe("rooflines", () => {
  const best = { memoryTBs: 4, matmulTFLOPs: 500 };

  it("are what must be read, and what must be multiplied", () => {
    // 30 layers · 3 heads · (64 elements and 4 bytes of scale and bound) are 6120 bytes of keys a token.
    expect(tokenFloor(config, 1e8, best, 1e6, "quantized keys")).toBeCloseTo((1e8 + 6120e6) / 4e9, 9);
    expect(tokenFloor(config, 1e8, best, 1e6, "keys and values")).toBeCloseTo((1e8 + 23040e6) / 4e9, 9);
    const weights = 2 * 30 * 576 * (2 * 576 + 2 * 192 + 3 * 1536) * 1e6;
    const scores = 30 * 2 * 9 * 64 * (1e12 / 2);
    expect(firstTokenFloor(config, best, 1e6, "retrieval")).toBeCloseTo((weights + scores) / 500e9, 3);
    expect(firstTokenFloor(config, best, 1e6, "dense attention")).toBeCloseTo((weights + 2 * scores) / 500e9, 3);
  });

  it("are in both charts", () => {
    const { token, firstToken } = longContextCharts(
      results([row("dense", 8 * k, 10, 1), row("dense", 32 * k, 40, 4)]),
      config,
      1e8,
    );
    for (const name of ["weights and keys in 8 bits once", "weights, keys and values once", "memory at 4.00 TB/s"])
      expect(token).toContain(name);
    for (const name of ["exact retrieval and weights", "dense attention and weights", "500 TFLOP/s"])
      expect(firstToken).toContain(name);
    for (const svg of [token, firstToken!]) expect(svg.match(/stroke-dasharray/g)).toHaveLength(4);
  });

  it("can be drawn for one length, for steps alone, and for results of before there were rates", () => {
    expect(longContextCharts(results([row("dense", 8, 1, 1)]), config, 1).token).not.toContain("NaN");
    expect(longContextCharts(results([row("dense", 8, undefined, 1)]), config, 1).firstToken).toBeUndefined();
    const { readTBs, matmulTFLOPs, ...before } = published;
    expect(longContextCharts(before, config, 1).firstToken).not.toContain("roofline");
  });
});

describe("rows", () => {
  it("are replaced by what measures the same, and keep what it did not measure", () => {
    const rows = [row("a", 8, 1, 1), row("dense", 8, 2, 2)];
    expect(withRow(rows, row("a", 4, 3, 3)).map(({ attention, tokens }) => [attention, tokens])).toEqual([
      ["a", 4],
      ["a", 8],
      ["dense", 8],
    ]);
    expect(withRow(rows, row("dense", 8, undefined, 5))[1]).toMatchObject({ firstTokenMs: 2, tokenMs: 5 });
  });

  it("stand beside each other in the table", () => {
    const text = tableText(results([row("reattention:a=1", 8 * k, 12.5, 1), row("dense", 8 * k, undefined, 2)]));
    expect(text).toMatch(
      /^ +first token +a token +memory\n +tokens( +dense +reattention){3}\n +8k +- +0\.0125 s +2\.00 ms +1\.00 ms/,
    );
    expect(text).toContain("reattention is reattention:a=1");
    expect(text).toContain("4.00 TB/s of memory (copying 2.00 TB/s, reading 4.00 TB/s) and 500 TFLOP/s");
  });
});

describe("results on disk", () => {
  const folder = () => join(temporaryFolder("long-context"), "out");
  const nothingAside = {
    setAside: (path: string) => {
      throw new TypeError(`${path} was set aside`);
    },
  };

  it("go on with those of the same device, commit and model, at the best rates of both", () => {
    const path = join(folder(), "r.json");
    writeResults(path, results([row("dense", 8, 1, 1)], { matmulTFLOPs: 600 }));
    const now = results([], { date: "2026-01-02T00:00:00.000Z", readTBs: 5 });
    expect(continueResults(path, now, nothingAside)).toEqual({
      ...now,
      rows: [row("dense", 8, 1, 1)],
      readTBs: 5,
      matmulTFLOPs: 600,
    });
  });

  it.each<[string, string]>([
    ["another commit", JSON.stringify(results([row("dense", 8, 1, 1)], { commit: "old" }))],
    ["another model", JSON.stringify(results([row("dense", 8, 1, 1)], { model: undefined }))],
    ["no results", "{"],
  ])("are kept under another name where they are of %s", (_, text) => {
    const path = join(folder(), "r.json");
    for (const count of [1, 2]) {
      writeResults(path, {});
      writeFileSync(path, text);
      const aside: string[] = [];
      expect(continueResults(path, results([]), { setAside: (kept) => aside.push(kept) }).rows).toEqual([]);
      expect(aside).toEqual([path.replace("r.json", `r.earlier-${count}.json`)]);
      expect(readFileSync(aside[0]!, "utf8")).toBe(text);
      expect(existsSync(path)).toBe(false);
    }
  });

  it("are whole at any time", () => {
    const path = join(folder(), "r.json");
    writeResults(path, results([row("dense", 8, 1, 1)]));
    expect(longContextResults.parse(JSON.parse(readFileSync(path, "utf8"))).rows).toHaveLength(1);
    expect(readdirSync(join(path, ".."))).toEqual(["r.json"]);
  });
});

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { describe, expect, it, vi } from "vitest";
import { ensureResultsFolder } from "../../cli/eval/folder.js";
import { show, standing, told } from "../../cli/eval/output.js";
import { attentions, contexts, depths } from "../../cli/options/niah.js";
import { timeLeft } from "../../cli/report/progress.js";
import { emptyResults } from "../../eval/niah/index.js";
import { cli, folderWith } from "./run-cli.js";

describe("lists", () => {
  it.each<[string, number[]]>([
    ["8k,32k, 1M", [8192, 32768, 1_048_576]],
    ["2048", [2048]],
  ])("contexts %j", (text, values) => {
    expect(contexts(text)).toEqual(values);
  });

  it.each<[string, number[]]>([
    ["0..100", [0, 25, 50, 75, 100]],
    ["0..100:25", [0, 25, 50, 75, 100]],
    ["0..100:30", [0, 30, 60, 90]],
    ["0,50,100", [0, 50, 100]],
    ["10..20:2.5,99.5", [10, 12.5, 15, 17.5, 20, 99.5]],
    ["50..50", [50]],
  ])("depths %j", (text, values) => {
    expect(depths(text)).toEqual(values);
  });

  it.each(["", "0..101", "50..10", "-1", "a", "0..100:0", "0..100:", "0..100:0.01", "0...100", "1..2..3"])(
    "no depths: %j",
    (text) => {
      expect(() => depths(text)).toThrow(InvalidArgumentError);
    },
  );

  it.each(["", "8q", "0", "8k;16k"])("no contexts: %j", (text) => {
    expect(() => contexts(text)).toThrow(InvalidArgumentError);
  });

  it("attention modes add up", () => {
    const one = attentions("dense", undefined);
    expect(attentions("reattention:clip=6", one)).toEqual([{ kind: "dense" }, { kind: "reattention", clip: 6 }]);
    expect(() => attentions("fast", one)).toThrow(/no attention "fast"\. Give dense, streaming, reattention/);
  });
});

describe("tilescript eval", () => {
  it.each<[string[], RegExp]>([
    [["rulers"], /'rulers' is invalid for argument 'task'. Allowed choices are niah/],
    [["niah", "--context", "many"], /512, 8k or 1M/],
    [["niah", "--depth", "0..200"], /0\.\.200 is no range of depths/],
    [
      ["niah", "--attention", "reattention:clap=2"],
      /reattention has no clap. It has global, local, topK, span, clip, chunk/,
    ],
    [["niah", "--prefix", "maybe"], /Allowed choices are both, with, without/],
    [["niah", "--out", ""], /Expected a folder, got an empty text/],
    [["leval", "--needles", "3"], /--needles says nothing to eval leval: it is for eval niah/],
    [["niah", "--max-length", "8k"], /--max-length says nothing to eval niah: it is for eval leval and /],
    [["niah", "--tasks", "x"], /--tasks says nothing to eval niah/],
    [["infinitebench", "--data", "x", "--samples", "3"], /--samples says nothing to eval infinitebench --data/],
    [["report"], /eval report needs the folder of the results/],
    [["report", "x", "--json"], /--json says nothing to eval report: it is for eval niah and eval perplexity and /],
    [["perplexity"], /eval perplexity needs the file of a text/],
    [["perplexity", "x", "--samples", "3"], /--samples says nothing to eval perplexity/],
    [["niah", "--pieces", "3"], /--pieces says nothing to eval niah: it is for eval perplexity/],
    [["leval", "x"], /eval leval takes no folder but by --out or --data/],
    [[], /missing required argument 'task'/],
  ])("%j is wrong usage", async (args, message) => {
    expect(await cli("eval", ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it.each<[string[], RegExp]>([
    [[], /eval leval needs the published files\nhint: Give --data the folder that they lie in/],
    [["--data", "/nowhere"], /\/nowhere has no file of L-Eval, such as coursera.jsonl\nhint: /],
  ])("leval %j says what is missing", async (args, message) => {
    expect(await cli("eval", "leval", ...args)).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  });

  it("says which model file is missing", async () => {
    expect(await cli("eval", "niah", "--model", "nowhere.gguf")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nowhere.gguf"),
    });
  });
});

describe("the folder of results", () => {
  it("is made, with those above it, and nothing is left in it", () => {
    const folder = join(folderWith({}), "a", "b");
    ensureResultsFolder(folder);
    ensureResultsFolder(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is refused at once where it takes no files, with the way out", () => {
    const file = join(folderWith({ "a.txt": "text" }), "a.txt");
    for (const [folder, cause] of [
      ["/proc/foo", "permission denied"],
      ["/proc/self", "it takes no files"],
      [file, "it is a file, not a folder"],
      [join(file, "b"), "a part of the path is a file, not a folder"],
    ] as const)
      expect(() => ensureResultsFolder(folder)).toThrow(
        expect.objectContaining({
          problem: `results cannot be written into the folder of --out, ${folder}: ${cause}`,
          hint: "Give --out a folder that you may write to.",
        }),
      );
    expect(existsSync("/proc/foo")).toBe(false);
  });
});

describe("what is said on the way", () => {
  const cell = { attention: "reattention:clip=6", context: 32768, depth: 50, accuracy: {}, runs: [] };
  const run = { needle: 1, prefix: true, word: "a-b", number: "1234567", promptTokens: 1, needleAt: 1, seconds: 3.21 };

  it("is where the run stands", () => {
    const event = { ...cell, done: 3, total: 60, read: 8192, remainingMs: 600_000 };
    expect(standing(event)).toBe("3 of 60, about 10 min left: reattention, 32k, depth 50 %, reading 25 %");
    expect(standing({ ...event, read: 0, remainingMs: undefined })).toBe("3 of 60: reattention, 32k, depth 50 %");
  });

  it("is what came of each question", () => {
    const where = "reattention 32k depth 50 % needle 2 with prefix";
    const recall = { layers: 30, whole: 12, number: 14, share: 0.5 };
    expect(told(cell, { ...run, answer: "1234567", right: true, recall })).toBe(
      `${where}: right, 3.2 s; when the question's last chunk was read, the whole needle was in the window of 12 of 30 layers (its number of 14)`,
    );
    expect(told(cell, { ...run, answer: "1234567", right: true, recall: { ...recall, whole: 0, number: 4 } })).toMatch(
      /of 0 of 30 layers \(its number of 4\), but on average 50 % of it$/,
    );
    expect(told(cell, { ...run, answer: "", right: false, recall: { ...recall, whole: 0, share: 0 } })).toMatch(
      /of 0 of 30 layers \(its number of 14\)$/,
    );
    expect(told(cell, { ...run, answer: "12\n", right: false })).toBe(`${where}: wrong ("12\\n", not 1234567), 3.2 s`);
    expect(told(cell, { ...run, error: "no memory" })).toBe(`${where}: no memory`);
  });

  it.each<[string, true | undefined, boolean]>([
    ["It is 1234", true, true],
    ["It is 1234", undefined, false],
    ["It is 1235", true, false],
    ["It is", true, false],
    ["It is 12345678", true, false],
  ])("is that %j was cut off (%s): %s", (answer, cutOff, said) => {
    expect(told(cell, { ...run, answer, right: false, cutOff }).includes("cut off by --max-tokens")).toBe(said);
  });

  it("is how long it takes, roughly", () => {
    expect([900, 40_000, 89_000, 600_000, 5_400_000, 7_500_000].map(timeLeft)).toEqual([
      "1 s",
      "40 s",
      "89 s",
      "10 min",
      "1 h 30 min",
      "2 h 5 min",
    ]);
  });
});

describe("what is said at the end", () => {
  const question = { prefix: true, word: "a-b", number: "1234567", promptTokens: 1, needleAt: 1, seconds: 1 };
  const recall = { layers: 30, whole: 0, number: 4, share: 0.5 };
  const right = { ...question, needle: 0, answer: "1234567", right: true, recall };
  const failed = { ...question, needle: 1, error: "no memory" };
  const results = emptyResults({
    model: { name: "small", file: "small.gguf", bytes: 1, layers: 30, trainedContext: 1000 },
    hay: { name: "noise", sha256: "abc" },
    seed: 0,
    maxTokens: 48,
  });
  results.cells.push({ attention: "reattention", context: 800, depth: 50, accuracy: {}, runs: [right, failed] });

  function shown(asked: Parameters<typeof show>[1]["asked"]): { code: number; stdout: string; stderr: string } {
    const said = { stdout: "", stderr: "" };
    const spies = [
      vi.spyOn(console, "log").mockImplementation((text) => {
        said.stdout += `${text}\n`;
      }),
      vi.spyOn(process.stderr, "write").mockImplementation((text) => {
        said.stderr += text;
        return true;
      }),
    ];
    try {
      return { code: show(results, { asked, files: ["niah.json"] }), ...said };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }

  it("is that a question of this run has no answer, whatever was there before", () => {
    expect(shown([right]).code).toBe(0);
    expect(shown([right]).stderr).not.toContain("error");
    expect(shown([failed])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("1 question has no answer. no memory\n"),
    });
    expect(shown([failed, right, failed]).stderr).toContain("2 questions have no answer. no memory\n");
  });

  it("is what the numbers in brackets count", () => {
    expect(shown([]).stdout).toMatch(/50 % +100 \(0\/30\+\)\n\nIn brackets: layers that had the whole needle/);
  });
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { emptyResults, writeResults } from "../../eval/niah/index.js";
import { AnswersFile } from "../../eval/tasks/index.js";
import { findChromium, Page } from "../chromium.js";
import { cli, folderWith } from "../cli/run-cli.js";

const model = { name: "A <b>bold</b> model", file: "m.gguf", bytes: 1, layers: 2, trainedContext: 8192 };
const MODES = ["dense", "streaming:global=4,local=64,chunk=16"];

let page: Page | undefined;
afterAll(() => page?.close());

it("eval report makes one page of all results in a folder", { timeout: 120_000 }, async () => {
  const folder = folderWith({ "deeper/notes.txt": "nothing of ours" });
  const answers = new AnswersFile(join(folder, "deeper", "leval.jsonl"), { taskSet: "leval", model, maxLength: null });
  for (const [mode, attention] of MODES.entries())
    for (const task of ["tpo", "gsm100"])
      for (let about = 1; about <= 12; about++)
        answers.put({
          ...{
            attention,
            task,
            id: `${about}.1`,
            about: String(about),
            text: "A",
            promptTokens: 1000 * about,
            seconds: 1,
          },
          scores: { accuracy: mode === 0 || about === 1 ? 100 : 0 },
        });
  const cell = { attention: "dense", context: 8192, depth: 50, accuracy: { withPrefix: 1 } };
  const run = {
    needle: 0,
    prefix: true,
    word: "a",
    number: "1",
    promptTokens: 8000,
    needleAt: 3,
    seconds: 1,
    answer: "1",
    right: true,
  };
  const niah = emptyResults({ model, hay: { name: "noise", sha256: "0" }, seed: 0, maxTokens: 48 });
  niah.cells.push({ ...cell, runs: [run] });
  writeResults(join(folder, "niah", "niah.json"), niah);

  const { code, stdout } = await cli("eval", "report", folder);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(folder, "report.html")}\n` });
  const html = readFileSync(join(folder, "report.html"), "utf8");
  expect(html).not.toMatch(/\b(?:src|href)=|@import|url\(http|<b>bold/);

  page = await Page.open(await findChromium(), pathToFileURL(join(folder, "report.html")).href, 1280, 900, false);
  const seen = (await page.evaluate("document.body.innerText")) as string;
  expect(seen).toMatch(/L-Eval\n+A <b>bold<\/b> model, trained for 8k tokens/);
  expect(seen).toMatch(/task\s+score\s+questions\s+dense\s+streaming\s+less dense/);
  expect(seen).toMatch(/tpo\s+accuracy\s+12\s+100\.0 ± 0\.0\s+8\.3 ± \d+\.\d\s+-91\.7 ± \d+\.\d/);
  expect(seen).toMatch(/all tasks\s+mean\s+24/);
  expect(await page.evaluate("document.querySelectorAll('td.worse').length")).toBe(3);
  const drawn = (await page.evaluate(
    "[...document.querySelectorAll('svg')].map((one) => one.textContent)",
  )) as string[];
  expect(drawn).toEqual([expect.stringContaining("Score by length"), expect.stringContaining("Needle in a haystack")]);
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  expect([page.errors, page.requests.filter((url) => !url.startsWith("file:"))]).toEqual([[], []]);
});

it("eval report says what is wrong with a folder", async () => {
  const empty = folderWith({});
  expect(await cli("eval", "report", "/nowhere")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("/nowhere is no folder"),
  });
  expect(await cli("eval", "report", empty)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("has no results of evaluations"),
  });
  writeFileSync(join(empty, "x.jsonl"), '{"a":1}\n');
  expect(await cli("eval", "report", empty)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/x\.jsonl, line 1: it is no line of results/),
  });
});

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cli, folderWith } from "../cli/run-cli.js";
import { writeTinyModels } from "./tiny-models.js";

it("tilescript eval leval asks, judges, cuts what is too long, and goes on where it was stopped", {
  timeout: 300_000,
}, async () => {
  const folder = folderWith({});
  await writeTinyModels([{ folder, family: "llama" }]);
  const document = (input: string, output: string) => ({
    input,
    instructions: ["Which?", "Why?"],
    outputs: [output, output],
    evaluation: "exam",
  });
  const rows = [document("A talk. ".repeat(20), "A"), document("Another talk. ".repeat(60), "B")];
  const data = folderWith({ "tpo.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join("") });
  const out = join(folderWith({}), "results");
  const ask = (...more: string[]) =>
    cli(
      ..."eval leval --device cpu --attention dense --attention streaming:global=4,local=64 --max-length 400".split(
        " ",
      ),
      ...["--data", data, "--model", join(folder, "model.gguf"), "--out", out, ...more],
    );

  const first = await ask("--limit", "1");
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/ +dense +streaming +less dense\ntpo +accuracy +\d+\.0 +\d+\.0 +[+-]\d+\.0\n/);
  expect(first.stderr).toMatch(/^dense tpo 1\.1: \d+ tokens, [\d.]+ s\nstreaming tpo 1\.1: /);

  const all = await ask("--json");
  expect(all.stderr).not.toContain(" 1.1:");
  const { rows: found, maxLength } = JSON.parse(all.stdout);
  expect(maxLength).toBe(400);
  expect(found).toMatchObject([
    {
      task: "tpo",
      score: "accuracy",
      questions: 4,
      modes: [
        { answered: 4, cut: 2 },
        { answered: 4, cut: 2, difference: { questions: 4 } },
      ],
    },
  ]);
  const lines = readFileSync(join(out, "leval.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(9);
  for (const { promptTokens } of lines.slice(1)) expect(promptTokens + 10).toBeLessThanOrEqual(400);

  expect(await ask("--max-length", "500")).toMatchObject({ code: 2 });
  const other = await cli("eval", "leval", "--data", data, "--model", join(folder, "model.gguf"), "--out", out);
  expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/maxLength differs\n.*--fresh/) });
  const tight = await cli(
    "eval",
    "leval",
    "--data",
    data,
    "--model",
    join(folder, "model.gguf"),
    "--out",
    join(out, "b"),
    "--max-length",
    "20",
  );
  expect(tight).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/tpo: question 1\.1 and its answer need \d+ tokens without the document/),
  });
});

it("tilescript eval ruler makes its questions to each length", { timeout: 300_000 }, async () => {
  const folder = folderWith({});
  await writeTinyModels([{ folder, family: "llama" }]);
  const out = join(folderWith({}), "results");
  const ask = (...more: string[]) =>
    cli(
      ..."eval ruler --device cpu --attention dense --context 1500,1700 --samples 1 --tasks niah_single_1,fwe".split(
        " ",
      ),
      ...["--model", join(folder, "model.gguf"), "--out", out, ...more],
    );
  const { code, stdout, stderr } = await ask();
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/niah_single_1 +accuracy .*\n +1500 +accuracy .*\n +1700 +accuracy .*\nfwe +accuracy /);
  const lines = readFileSync(join(out, "ruler.jsonl"), "utf8").trimEnd().split("\n").slice(1);
  const lengths = lines.map((line) => JSON.parse(line).promptTokens as number);
  expect(lengths).toHaveLength(4);
  for (const length of lengths) expect(length).toBeGreaterThan(1200);

  const noText = await ask("--hay", join(folder, "model.gguf"));
  expect(noText).toMatchObject({ code: 1, stderr: expect.stringMatching(/model\.gguf is not text/) });
});

it("tilescript eval perplexity lays bits a byte of a text side by side, and draws them", {
  timeout: 300_000,
}, async () => {
  const folder = folderWith({ "text.txt": "Once upon a time there was a king. ".repeat(60), "short.txt": "Once." });
  await writeTinyModels([{ folder, family: "llama" }]);
  const out = join(folderWith({}), "results");
  const read = (file: string, ...more: string[]) =>
    cli(
      ...["eval", "perplexity", join(folder, file), "--model", join(folder, "model.gguf"), "--out", out],
      ..."--device cpu --context 200,100 --attention dense --attention streaming:global=4,local=32,chunk=16".split(" "),
      ...more,
    );
  const { code, stdout, stderr } = await read("text.txt");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toMatch(/^dense 0 to 100 from token 0 on: \d+\.\d{4} bits a byte, [\d.]+ s\n/);
  expect(stdout).toMatch(
    /^tokens +dense +streaming +less dense\n0 to 100 +\d+\.\d{4} +\d+\.\d{4} +[+-]\d+\.\d{4}\n100 to 200 /,
  );
  expect(stdout).toContain("\n  streaming:global=4,local=32,chunk=16\n");
  for (const name of ["perplexity.jsonl", "perplexity.svg", "perplexity.png"])
    expect(statSync(join(out, name)).size).toBeGreaterThan(100);

  const again = await read("text.txt", "--pieces", "2", "--json");
  expect(again.stderr).not.toContain("from token 0 on");
  const { rows, pieces, text } = JSON.parse(again.stdout);
  expect({ pieces, name: text.name }).toEqual({ pieces: 2, name: "text.txt" });
  expect(rows).toMatchObject([
    { from: 0, to: 100, modes: [{ pieces: 2 }, { pieces: 2, difference: { pieces: 2 } }] },
    { from: 100, to: 200, modes: [{ low: expect.any(Number) }, {}] },
  ]);
  expect(await read("short.txt")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /short\.txt has \d+ tokens for this model, and \d+ are to be read\nhint: Give a longer text/,
    ),
  });
  const tooShort = await cli("eval", "perplexity", join(folder, "text.txt"), "--context", "1,100");
  expect(tooShort).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing is known of the first") });
  const report = await cli("eval", "report", out);
  expect(report.code).toBe(0);
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page).toMatch(/Bits a byte of a text<\/h2>/);
  expect(page).toMatch(/<th>100 to 200<\/th><td>2<\/td><td>\d+\.\d{4}/);
});

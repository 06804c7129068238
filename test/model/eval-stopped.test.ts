/** Evaluations that are stopped, or killed, on the way: what came is kept, and the same command does the rest. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { bin } from "../built-cli.js";
import { folderWith } from "../cli/run-cli.js";
import { writeTinyModels } from "./tiny-models.js";

const folder = folderWith({ "text.txt": "Once upon a time there was a king. ".repeat(120) });
const model = join(folder, "model.gguf");
beforeAll(() => writeTinyModels([{ folder, family: "llama" }]), 120_000);

const MODES = "--attention dense --attention streaming:global=4,local=64,chunk=16".split(" ");

/** What a command does and says; with `signal` it is sent when the first result has come. */
async function run(args: readonly string[], signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, [bin, "eval", ...args, "--model", model, "--device", "cpu"], {
    env: { ...process.env, TILESCRIPT_AS_BUILT: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (said.stdout += chunk));
  child.stderr.on("data", (chunk) => {
    said.stderr += chunk;
    if (signal && !child.killed && said.stderr.includes("\n")) child.kill(signal);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...said };
}

const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n").slice(1);

const PERPLEXITY = ["perplexity", join(folder, "text.txt"), ..."--context 96,160 --pieces 4".split(" ")];

it.each<[string, NodeJS.Signals, string[], string, number]>([
  ["perplexity", "SIGTERM", PERPLEXITY, "score", 16],
  ["perplexity", "SIGKILL", PERPLEXITY, "score", 16],
  ["ruler", "SIGTERM", "ruler --context 700 --samples 2 --tasks niah_single_1,fwe".split(" "), "answer", 8],
  ["infinitebench", "SIGKILL", "infinitebench --context 900 --samples 6 --tasks passkey".split(" "), "answer", 12],
])("eval %s goes on after %s", { timeout: 240_000 }, async (name, signal, args, result, count) => {
  const out = folderWith({});
  const command = [...args, ...MODES, "--out", out];
  const file = join(out, `${name}.jsonl`);
  const stopped = await run(command, signal);
  const first = readFileSync(file, "utf8");
  const kept = linesOf(file).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(count);
  if (signal === "SIGTERM") {
    expect(stopped.code).toBe(143);
    const [, told, left] = new RegExp(`Stopped with (\\d+) ${result}s? in .*; (\\d+) of ${count} are left`).exec(
      stopped.stderr,
    )!;
    expect([Number(told), Number(left)]).toEqual([kept, count - kept]);
  }
  const again = await run(command);
  expect(again).toMatchObject({ code: 0 });
  expect(linesOf(file)).toHaveLength(count);
  expect(readFileSync(file, "utf8").startsWith(first)).toBe(true);
});

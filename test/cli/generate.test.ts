import { spawn, spawnSync } from "node:child_process";
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { findDemoModel } from "../../runtime/weights/index.js";
import { bin } from "../built-cli.js";
import { writeTinyModels } from "../model/tiny-models.js";
import { folderWith } from "./run-cli.js";
import { WarmCommand } from "./warm-cli.js";

const env = { ...process.env, TILESCRIPT_DEVICE: "cpu", NO_COLOR: "1" };
const tilescript = (args: readonly string[], input = "") =>
  spawnSync(process.execPath, [bin, ...args], { encoding: "utf8", env, input });

const command = new WarmCommand();
const warm = (args: readonly string[]) => command.run(process.cwd(), args, { TILESCRIPT_DEVICE: "cpu" });

/** For what does not depend on what a model says: the demo model takes seconds to load. */
let tiny = "";
beforeAll(async () => {
  const folder = folderWith({});
  await writeTinyModels([{ folder, family: "llama", options: "--set max_position_embeddings=4096" }]);
  tiny = join(folder, "model.gguf");
});

test("the answer goes to stdout, where and how fast to stderr", () => {
  const { stdout, stderr, status } = tilescript([
    "generate",
    "--prompt",
    "What is the capital of France?",
    "--temperature",
    "0",
    "--max-tokens",
    "12",
  ]);
  expect([stdout, status]).toEqual(["The capital of France is Paris.\n", 0]);
  expect(stderr).toMatch(
    /^CPU executor .*: \d+ prompt tokens, first token after [\d.]+ s, then [\d.]+ tokens\/s \(\d+ tokens\)\n$/,
  );
});

test("--json prints one object, and the prompt may come from stdin", async () => {
  const ask = ["generate", "--model", tiny, "--temperature", "0", "--max-tokens", "4"];
  const { stdout, status } = tilescript([...ask, "--json"], "hi");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    text: (await warm([...ask, "--prompt", "hi"])).stdout.replace(/\n$/, ""),
    tokens: { length: 4 },
    promptTokens: expect.any(Number),
    device: { kind: "cpu", name: expect.stringContaining("CPU executor") },
    timings: { firstTokenMs: expect.any(Number), tokensPerSecond: expect.any(Number) },
  });
});

test("several devices say what one says, and are named", async () => {
  const ask = ["generate", "-m", tiny, "--attention", "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=16"];
  const answer = [...ask, "--temperature", "0", "--max-tokens", "6", "--prompt", "over and over again ".repeat(4)];
  const one = await warm(answer);
  const two = await warm([...answer, "--devices", "cpu,cpu"]);
  expect(two).toMatchObject({ status: 0, stdout: one.stdout });
  expect(two.stderr).toMatch(/^2 devices, CPU executor .* each: \d+ prompt tokens/);
  expect((await warm([...answer, "--devices", "0,cpu"])).stderr).toContain(
    "Expected numbers of GPUs, such as 0,1, or cpu,cpu",
  );
  expect((await warm([...answer, "--devices", "cpu,cpu", "--device", "cpu"])).stderr).toContain(
    "device and devices are both given",
  );
});

test("what is asked of logits reaches the model", async () => {
  const ask = async (...args: string[]) => {
    const { stdout } = await warm(["generate", "-p", "hi", "-m", tiny, "--json", "--max-tokens", "12", ...args]);
    return JSON.parse(stdout);
  };
  const plain = await ask("--logprobs", "2");
  expect(plain.logprobs).toHaveLength(plain.tokens.length);
  expect(plain.logprobs[0]).toMatchObject({ token: plain.tokens[0], top: [{ token: plain.tokens[0] }, {}] });
  const penalties = ["--repetition-penalty", "1.5", "--presence-penalty", "20", "--frequency-penalty", "1"];
  const { tokens } = await ask(...penalties, "--ignore-eos", "--min-p", "0.9", "--temperature", "1");
  expect(new Set(tokens).size).toBe(12);
});

test("Ctrl-C ends an answer at once, with 130 and no noise", async () => {
  const child = spawn(
    process.execPath,
    [bin, "generate", "--model", tiny, "--prompt", "Tell me a very long story.", "--max-tokens", "3k"],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const began = performance.now();
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([code, stderr]).toEqual([130, ""]);
  expect(performance.now() - began).toBeLessThan(5000);
});

test("bad input is told from bad luck", async () => {
  const folder = folderWith({
    "cut.gguf": "GGUF\x03\x00\x00\x00",
    "not.gguf": "MZ",
    "empty.txt": " \n",
    "empty.gguf": "",
  });
  const failures = {
    "--model /nowhere.gguf --prompt hi": /\/nowhere\.gguf/,
    [`--model ${join(folder, "not.gguf")} --prompt hi`]: /not\.gguf/,
    [`--model ${join(folder, "cut.gguf")} --prompt hi`]: /cut\.gguf/,
    [`--model ${join(folder, "empty.gguf")} --prompt hi`]: /empty\.gguf, byte 0: the file is empty/,
    [`--prompt-file ${join(folder, "empty.txt")}`]: /the prompt is empty/,
    [`--prompt-file ${folder}`]: /cli-\w+: it is a folder/,
    [`--model ${tiny} --prompt hi --context 8`]: /the prompt has \d+ tokens and the context holds 8/,
    [`--model ${tiny} --prompt hi --context 1M`]: /context is 1048576/,
    "--prompt hi --logprobs 3": /--logprobs is given without --json/,
    "--prompt hi --device cuda": /libcuda|GPU|driver/,
  };
  for (const [args, message] of Object.entries(failures)) {
    const { stderr, stdout, status } = await warm(["generate", ...args.split(" ")]);
    expect([args, stdout, status]).toEqual([args, "", 1]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});

test("a model with damaged weights is not taken for one that has nothing to say", async () => {
  const model = join(folderWith({}), "damaged.gguf");
  copyFileSync(findDemoModel(), model);
  const file = openSync(model, "r+");
  writeSync(file, new Uint8Array(1 << 16).fill(0xff), 0, 1 << 16, 60_000_000);
  closeSync(file);
  const { stdout, stderr, status } = await warm(["generate", "--model", model, "--prompt", "hi", "--max-tokens", "4"]);
  expect(stderr).toMatch(
    /damaged\.gguf, byte \d+: tensor "blk\.[\w.]+" has weights that are no numbers\nhint: The file is damaged/,
  );
  expect([stdout, status]).toEqual(["", 1]);
});

test("chat remembers, takes several lines as one message, and goes on with what was saved", () => {
  const saved = join(folderWith({ "notes.txt": "mine" }), "ada.session");
  const first = [
    '"""',
    "My name",
    'is Ada."""',
    "/context",
    `/save ${saved}`,
    `/save ${join(saved, "../notes.txt")}`,
    "/clear",
    "/context",
    "/sav x",
    "/load",
    `/load ${join(saved, "../notes.txt")}`,
    `/load ${saved}`,
    "/context",
    "And yours?",
    '"""never',
  ];
  const { stdout, stderr, status } = tilescript(
    ["chat", "--temperature", "0", "--max-tokens", "12"],
    `${first.join("\n")}\n`,
  );
  expect(status).toBe(0);
  const said = stdout.split("\n").map((line) => line.replace(/^(> )+/, ""));
  expect(said.filter((line) => /^(\d|saved|loaded|forgotten)/.test(line))).toEqual([
    expect.stringMatching(/^\d\d of 8,192 tokens in 2 messages$/),
    `saved to ${saved}`,
    "forgotten",
    "0 of 8,192 tokens in 0 messages",
    "loaded 2 messages",
    said.find((line) => line.includes(" in 2 messages")),
  ]);
  const read = [...stdout.matchAll(/(\d+) prompt tokens/g)].map(([, count]) => Number(count));
  expect(read[1]).toBeGreaterThan(read[0]! + 12);
  expect(stderr.match(/error: .*/g)).toEqual([
    expect.stringMatching(/notes\.txt: it is there already, and is no conversation that was saved/),
    "error: there is no command /sav",
    "error: /load takes FILE",
    expect.stringMatching(/notes\.txt: this is no conversation that was saved/),
    'error: the message that """ began has no end, and was not sent',
  ]);
  expect(readFileSync(join(saved, "../notes.txt"), "utf8")).toBe("mine");
});

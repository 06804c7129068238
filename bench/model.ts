/**
 * Decode and prefill of a model, ours and Hugging Face transformers' in one run; prints a table and writes bench/results/model-<device>.json.
 *
 *   node dist/bench/model.js --model FILE.gguf [--prefill 8192] [--decode 256] [--out DIR] [--no-peer]
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Model } from "../runtime/models/model.js";
import { findDemoModel } from "../runtime/weights/index.js";
import { environment, median } from "./environment.js";

interface Rates {
  readonly name: string;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    prefill: { type: "string", default: "8192" },
    decode: { type: "string", default: "256" },
    out: { type: "string", default: "bench/results" },
    peer: { type: "boolean", default: true },
  },
  allowNegative: true,
});

const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };

/** Ours: wall clock of whole generations as a program sees them, and the GPU's own time of a step. */
async function ours(
  path: string,
  prefill: number,
  decode: number,
): Promise<{ rates: Rates; details: object; where: object }> {
  using model = await Model.load({ path });
  const { runner, device } = model;
  const rates: number[] = [];
  const firstTokens: number[] = [];
  for (let round = 0; round < 5; round++) {
    const { timings } = await model.generate(`Write a very long story about the number ${round}.`, {
      maxTokens: decode,
    }).result;
    rates.push(timings.tokensPerSecond);
    firstTokens.push(timings.firstTokenMs);
  }
  const shortSteps: number[] = [];
  runner.grow(2048);
  for (let round = 0; round < 5; round++) shortSteps.push((await runner.timeSteps(64)) / 64);
  const ids = Array.from({ length: prefill }, (_, index) => (index * 7919 + 13) % model.config.vocabulary);
  const prefills: number[] = [];
  for (let round = 0; round < (device.kind === "cuda" ? 10 : 1); round++) {
    const began = performance.now();
    await runner.prefill(ids, 0, GREEDY);
    await device.synchronize();
    prefills.push(performance.now() - began);
  }
  return {
    rates: {
      name: "TileScript",
      prefillTokensPerSecond: (prefill / median(prefills)) * 1000,
      decodeTokensPerSecond: median(rates.slice(1)),
    },
    details: {
      firstTokenMs: firstTokens,
      generations: rates,
      stepGpuMs: shortSteps,
      prefillMs: prefills,
    },
    where: environment(device),
  };
}

function peer(
  path: string,
  prefill: number,
  decode: number,
): Rates | { readonly name: string; readonly absent: string } {
  const script = ["../../bench/peers", "./peers"]
    .map((folder) => fileURLToPath(new URL(`${folder}/transformers_llama.py`, import.meta.url)))
    .find(existsSync);
  try {
    const output = execFileSync(
      process.env.TILESCRIPT_PEER_PYTHON ?? "python3",
      [script ?? "transformers_llama.py", "--model", path, "--prefill", String(prefill), "--decode", String(decode)],
      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 },
    );
    return JSON.parse(output.trim().split("\n").at(-1)!) as Rates;
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? error).trim();
    return { name: "transformers", absent: text.split("\n").at(-1) ?? "" };
  }
}

const path = values.model ?? findDemoModel();
const [prefill, decode] = [Number(values.prefill), Number(values.decode)];
const mine = await ours(path, prefill, decode);
const theirs = values.peer ? peer(path, prefill, decode) : { name: "transformers", absent: "not asked for" };
const row = ({ name, prefillTokensPerSecond, decodeTokensPerSecond }: Rates) =>
  `${name.padEnd(14)} ${Math.round(prefillTokensPerSecond).toLocaleString("en").padStart(12)} ${Math.round(decodeTokensPerSecond).toLocaleString("en").padStart(12)}`;
console.log(`${"".padEnd(14)} ${`prefill ${prefill}`.padStart(12)} ${`decode ${decode}`.padStart(12)}   tokens/s`);
console.log(row(mine.rates));
if ("absent" in theirs) console.log(`transformers   not measured: ${theirs.absent}`);
else {
  console.log(row(theirs));
  const ratio = (key: "prefillTokensPerSecond" | "decodeTokensPerSecond") =>
    `${(mine.rates[key] / theirs[key]).toFixed(2)}×`;
  console.log(
    `${"ratio".padEnd(14)} ${ratio("prefillTokensPerSecond").padStart(12)} ${ratio("decodeTokensPerSecond").padStart(12)}`,
  );
}
mkdirSync(values.out, { recursive: true });
const file = join(
  values.out,
  `model-${String((mine.where as { device: string }).device)
    .replaceAll(/\W+/g, "-")
    .toLowerCase()}.json`,
);
writeFileSync(
  file,
  `${JSON.stringify({ ...mine.where, prefill, decode, ours: { ...mine.rates, ...mine.details }, peer: theirs }, null, 2)}\n`,
);
console.log(`written to ${file}`);

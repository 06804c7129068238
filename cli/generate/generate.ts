import type { GenerationResult, Model } from "../../runtime/index.js";
import { attentionText } from "../../runtime/reattention/index.js";
import { answerOptions, type GenerationOptions } from "../options/generation.js";
import { colours } from "../report/colours.js";
import { InputError } from "../report/errors.js";
import { printable } from "../report/printable.js";
import { progress } from "../report/progress.js";
import { explainFallback } from "./fallback.js";
import { loadModel, modelPath } from "./load-model.js";
import { promptFromFile, promptFromStream } from "./read-prompt.js";
import { noteSilence } from "./silence.js";
import { whereIs } from "./where.js";

export interface GenerateRequest extends GenerationOptions {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly json?: boolean;
  readonly logprobs?: number;
  readonly signal?: AbortSignal;
}

async function promptOf({ prompt, promptFile, signal }: GenerateRequest): Promise<string> {
  if (prompt === undefined && promptFile === undefined && process.stdin.isTTY)
    throw new InputError(
      "there is no prompt",
      'Give --prompt "…" or --prompt-file FILE, or pipe the prompt in; tilescript chat asks for it.',
    );
  const given =
    prompt ??
    (promptFile !== undefined
      ? await promptFromFile(promptFile, signal)
      : await promptFromStream(process.stdin, "standard input", signal));
  // Files and pipes end with a newline that nobody meant to say.
  const said = prompt === undefined ? given.replace(/\r?\n$/, "") : given;
  if (said.trim() === "") throw new InputError("the prompt is empty", "Give a prompt with some text in it.");
  return said;
}

/** 412 tokens/s, 3.1 tokens/s. */
const rate = (perSecond: number): string =>
  `${perSecond >= 100 ? Math.round(perSecond) : perSecond.toFixed(1)} tokens/s`;

/** One line about where and how fast. */
export function summary(model: Model, { tokens, promptTokens, timings }: GenerationResult): string {
  const first = `${promptTokens} prompt tokens, first token after ${(timings.firstTokenMs / 1000).toFixed(2)} s`;
  const speed = tokens.length > 1 ? `, then ${rate(timings.tokensPerSecond)}` : "";
  // What was left out of a mode follows from the model: here is what it became.
  const seen = model.attention.kind === "dense" ? "" : `; ${attentionText(model.attention)}`;
  return `${whereIs(model)}: ${first}${speed} (${tokens.length} tokens)${seen}`;
}

/** What `--json` prints. */
const asJson = (model: Model, result: GenerationResult): string => {
  const { kind, name } = model.device;
  return JSON.stringify({ ...result, attention: attentionText(model.attention), device: { kind, name } });
};

/** Streams the answer to stdout, or prints one JSON object at its end. Gives the exit code. */
export async function generate(request: GenerateRequest): Promise<number> {
  if (request.logprobs !== undefined && !request.json)
    throw new InputError(
      "--logprobs is given without --json",
      "Log probabilities are part of what --json prints: give both.",
    );
  const prompt = await promptOf(request);
  const path = await modelPath(request.model, request.signal);
  await using model = await loadModel({ ...request, model: path, chat: true });
  request.signal?.throwIfAborted();
  explainFallback(model.device, request);
  const { system, logprobs, signal } = request;
  const messages = [
    ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
    { role: "user" as const, content: prompt },
  ];
  const line = progress();
  const onPrefill = (done: number, total: number): void => line.show(`Reading the prompt: ${done} of ${total} tokens`);
  const generation = model.generate(messages, { ...answerOptions(request), logprobs, signal, onPrefill });
  for await (const piece of generation) {
    line.clear();
    if (!request.json) process.stdout.write(printable(piece.text, process.stdout));
  }
  const result = await generation.result;
  line.clear();
  noteSilence(result);
  if (request.json) console.log(asJson(model, result));
  else {
    process.stdout.write("\n");
    process.stderr.write(`${colours(process.stderr).dim(summary(model, result))}\n`);
  }
  return 0;
}

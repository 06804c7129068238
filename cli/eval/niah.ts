import { join } from "node:path";
import {
  continueResults,
  countQuestions,
  emptyResults,
  Hay,
  modelAnswerer,
  type NiahIdentity,
  type NiahResults,
  type NiahRun,
  noise,
  type OpenAnswerer,
  PromptBuilder,
  runNiah,
  writeResults,
} from "../../eval/niah/index.js";
import { readTextSource } from "../../eval/shared/text-source.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { type AttentionRequest, readAttention } from "../../runtime/reattention/index.js";
import { modelPath } from "../generate/load-model.js";
import { progress } from "../report/progress.js";
import { tellStopped } from "./ending.js";
import { ensureResultsFolder } from "./folder.js";
import { answered, draw, show, standing, told } from "./output.js";
import { EVERY_MODE, openerOf, subjectOf } from "./subject.js";

export interface EvalNiahRequest {
  readonly model?: string;
  readonly device?: "cpu" | "cuda";
  /** Compiled kernels. */
  readonly bundle?: string;
  readonly context: readonly number[];
  readonly depth: readonly number[];
  readonly attention?: readonly AttentionRequest[];
  readonly needles: number;
  readonly prefix: "both" | "with" | "without";
  readonly hay?: string;
  readonly seed: number;
  readonly maxTokens: number;
  readonly out: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

const PREFIXES = { both: [true, false], with: [true], without: [false] } as const;

/** Asks all questions that have no answer yet, and shows and draws all answers. Gives 1 if one that it asked has none. */
export async function evalNiah(request: EvalNiahRequest): Promise<number> {
  const { needles, prefix, out, signal } = request;
  const path = await modelPath(request.model, signal);
  using subject = openModelFiles(path);
  const { config, tokenizer } = subject;
  const attentions = (request.attention ?? EVERY_MODE).map((mode) => readAttention(mode, config.context));
  const line = progress();
  const text = request.hay === undefined ? noise : readTextSource(request.hay);
  ensureResultsFolder(out);
  const hay = await Hay.encode(text, tokenizer, {
    atLeast: Math.max(...request.context),
    signal,
    onProgress: (done, needed) => line.show(`Encoding the hay: ${done} of ${needed} tokens`),
  });
  const file = join(out, "niah.json");
  const { seed, maxTokens } = request;
  const identity: NiahIdentity = {
    ...{ model: subjectOf(path, subject), hay: { name: hay.name, sha256: hay.sha256 }, seed, maxTokens },
  };
  const results = request.fresh ? emptyResults(identity) : continueResults(file, identity);
  const asked: NiahRun[] = [];
  const plan = { attentions, contexts: request.context, depths: request.depth, needles, prefixes: PREFIXES[prefix] };
  try {
    await runNiah({
      plan,
      prompts: new PromptBuilder(tokenizer, hay, { chat: tokenizer.hasChatTemplate }),
      results,
      open: opener(path, request, results),
      onResult: (cell, run) => {
        asked.push(run);
        // Earlier results go with the first answer of a fresh run; what others write from then on stays.
        writeResults(file, results, { replace: request.fresh && asked.length === 1 });
        if (!process.stderr.isTTY) process.stderr.write(`${told(cell, run)}\n`);
      },
      onProgress: (event) => line.show(standing(event)),
      signal,
    });
  } catch (error) {
    if (signal.aborted) {
      line.clear();
      const kept = answered(results);
      if (kept > 0) await draw(out, results);
      tellStopped({ result: "answer", kept, ...countQuestions({ plan, results }), file });
    }
    throw error;
  } finally {
    line.clear();
  }
  const drawings = answered(results) > 0 ? await draw(out, results) : [];
  return show(results, { asked, files: [file, ...drawings], json: request.json });
}

const opener = (path: string, request: EvalNiahRequest, results: NiahResults): OpenAnswerer => {
  const open = openerOf(path, request);
  return async (attention, context) => {
    const model = await open(attention, context);
    results.device = { kind: model.device.kind, name: model.device.name };
    return modelAnswerer(model);
  };
};

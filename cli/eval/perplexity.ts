import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toPng } from "../../chart/index.js";
import {
  type BucketFailure,
  chartOfBits,
  LongText,
  runPerplexity,
  ScoresFile,
  spansOf,
  summariseBits,
} from "../../eval/perplexity/index.js";
import { readTextSource } from "../../eval/shared/text-source.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { type AttentionRequest, attentionText, readAttention } from "../../runtime/reattention/index.js";
import { modelPath } from "../generate/load-model.js";
import { InputError } from "../report/errors.js";
import { progress } from "../report/progress.js";
import { endOf, tellStopped } from "./ending.js";
import { ensureResultsFolder } from "./folder.js";
import { bitsTable, standingOfScores, toldOfBucket } from "./perplexity-output.js";
import { EVERY_MODE, openerOf, subjectOf } from "./subject.js";

export interface EvalPerplexityRequest {
  /** The text's file. */
  readonly file: string;
  readonly model?: string;
  readonly device?: "cpu" | "cuda";
  /** Compiled kernels. */
  readonly bundle?: string;
  /** Where parts of a piece end. */
  readonly context: readonly number[];
  readonly attention?: readonly AttentionRequest[];
  readonly pieces: number;
  readonly out: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

/** Reads pieces of a text in each mode, as far as parts have no score yet, and shows and draws all scores. Gives 1 if a part has none. */
export async function evalPerplexity(request: EvalPerplexityRequest): Promise<number> {
  const { out, signal } = request;
  const edges = [...new Set(request.context)].sort((a, b) => a - b);
  if (edges[0]! < 2)
    throw new InputError(
      "--context begins with 1 token, and nothing is known of the first",
      "Give numbers of 2 or more.",
    );
  const path = await modelPath(request.model, signal);
  using subject = openModelFiles(path);
  const { config, tokenizer } = subject;
  const attentions = (request.attention ?? EVERY_MODE).map((mode) => readAttention(mode, config.context));
  const source = readTextSource(request.file);
  ensureResultsFolder(out);
  const line = progress();
  const length = edges.at(-1)!;
  const text = await LongText.encode(source, tokenizer, {
    atLeast: length * request.pieces,
    signal,
    onProgress: (done, needed) => line.show(`Encoding the text: ${done} of ${needed} tokens`),
  });
  const pieces = text.pieces(length, request.pieces);
  const file = join(out, "perplexity.jsonl");
  if (request.fresh) rmSync(file, { force: true });
  const identity = { model: subjectOf(path, subject), text: { name: text.name, sha256: text.sha256 } };
  const scores = new ScoresFile(file, identity);
  const failures: BucketFailure[] = [];
  const asked = { attentions: attentions.map(attentionText), spans: spansOf(edges) };
  const of = new Set(pieces.map(({ start }) => start));
  const rows = () =>
    summariseBits(
      [...scores.lines.values()].filter(({ start }) => of.has(start)),
      asked.attentions,
      asked.spans,
    );
  try {
    await runPerplexity({
      ...{ text, pieces, edges, attentions, scores, signal },
      open: openerOf(path, { ...request, signal }),
      onBucket: (one) => {
        if ("error" in one) failures.push(one);
        if (!process.stderr.isTTY) process.stderr.write(`${toldOfBucket(one)}\n`);
      },
      onProgress: (event) => line.show(standingOfScores(event, pieces.length)),
    });
  } catch (error) {
    line.clear();
    const all = attentions.length * pieces.length * edges.length;
    const done = rows().reduce((sum, { modes }) => sum + modes.reduce((own, mode) => own + mode.pieces, 0), 0);
    if (signal.aborted) tellStopped({ result: "score", kept: scores.lines.size, left: all - done, all, file });
    throw error;
  } finally {
    line.clear();
  }
  const found = rows();
  const drawings = scores.lines.size > 0 ? await draw(out, chartOfBits(identity, found)) : [];
  if (request.json) console.log(JSON.stringify({ ...identity, pieces: pieces.length, rows: found }));
  else console.log(bitsTable(found));
  return endOf(
    failures.map(({ error }) => error),
    [file, ...drawings],
    "part",
    "score",
  );
}

/** Writes the chart as SVG and PNG and gives their paths. */
async function draw(folder: string, svg: string): Promise<string[]> {
  const files = ["perplexity.svg", "perplexity.png"].map((name) => join(folder, name));
  writeFileSync(files[0]!, svg);
  writeFileSync(files[1]!, await toPng(svg));
  return files;
}

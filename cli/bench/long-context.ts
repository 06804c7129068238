import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { slug } from "../../bench/environment.js";
import {
  continueResults,
  type Job,
  type LongContextResults,
  longContextCharts,
  rowText,
  runLongContext,
  type Subject,
  shortInteger,
  tableText,
} from "../../bench/long-context/index.js";
import { writeResults } from "../../bench/results-file.js";
import { toPng } from "../../chart/index.js";
import { integerText } from "../../runtime/integers.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { fileBytes, weightBytes } from "../../runtime/models/memory.js";
import { modelBundle } from "../../runtime/package-root.js";
import { type AttentionOptions, type AttentionRequest, readAttention } from "../../runtime/reattention/index.js";
import { modelPath } from "../generate/load-model.js";
import { ensureModelKernels } from "../kernels/model-kernels.js";
import { colours } from "../report/colours.js";
import { plural, progress } from "../report/progress.js";
import { deviceToMeasure } from "./device.js";
import { requireFolder, writingTo } from "./output.js";

export interface LongContextRequest {
  readonly model?: string;
  readonly device?: "cpu" | "cuda";
  readonly lengths?: readonly number[];
  readonly dense?: readonly number[];
  readonly decodeOnly?: readonly number[];
  readonly attention?: readonly AttentionRequest[];
  readonly out: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly signal: AbortSignal;
}

/** What is measured unless someone says otherwise: 8k to 1M, and what the CPU executor reads within minutes. */
const LENGTHS = { cuda: [8, 32, 128, 512, 1024].map((k) => k * 1024), cpu: [256, 512, 1024] } as const;

/** Measures, prints and draws. Gives 1 where a context did not fit the device's memory. */
export async function benchLongContext(request: LongContextRequest): Promise<number> {
  const { out, signal } = request;
  const kind = deviceToMeasure(request.device);
  const path = await modelPath(request.model, signal);
  using files = openModelFiles(path);
  const { config, checkpoint } = files;
  const subject = { files, weightBytes: weightBytes(checkpoint) };
  requireFolder(out);
  const line = progress();
  const say = (text: string): void => {
    line.clear();
    process.stderr.write(`${text}\n`);
  };
  line.show("Preparing the kernels");
  await ensureModelKernels({ signal, onProgress: ({ text }) => line.show(text) });
  let known: { readonly path: string; readonly results: LongContextResults } | undefined;
  const jobs = jobsOf(request, LENGTHS[kind], config.context);
  const left = new Set(jobs);
  let failures = 0;
  let failure: unknown;
  try {
    await runLongContext({
      kind,
      subject,
      bundle: modelBundle(),
      model: { name: config.name, file: basename(path), bytes: fileBytes(checkpoint) },
      jobs,
      signal,
      onProgress: line.show,
      begin(measured) {
        const target = join(out, `long-context-${slug(measured.device)}.json`);
        const setAside = (kept: string) =>
          say(`${target} has results of another commit or model, or none: it is kept as ${kept}`);
        const results = request.fresh
          ? measured
          : writingTo(out, () => continueResults(target, measured, { setAside }));
        if (results.rows.length > 0) say(`going on with ${plural(results.rows.length, "row")} of ${target}`);
        known = { path: target, results };
        return results;
      },
      onRow(row, results) {
        known = { path: known!.path, results };
        say(rowText(row));
        writingTo(out, () => writeResults(known!.path, results));
      },
      onFailure(job, reason, fits) {
        failures++;
        say(
          `${job.attention.kind}, ${integerText(job.tokens)} tokens: ${shortageText(kind, reason, fits, flagOf(job, request))}`,
        );
      },
      onDone: (job) => left.delete(job),
    });
  } catch (error) {
    failure = error;
  }
  line.clear();
  // What was measured before Ctrl-C, or before an error, is shown and drawn too; a second error says no more than the first.
  if (known && known.results.rows.length > 0)
    try {
      await show(known.path, known.results, subject, request);
    } catch (error) {
      failure ??= error;
    }
  if (signal.aborted) process.stderr.write(`${stoppedText([...left], known)}\n`);
  if (failure !== undefined) throw failure;
  return failures > 0 ? 1 : 0;
}

/** What is to be measured yet, and that what there is stays. */
function stoppedText(
  left: readonly Job[],
  known: { readonly path: string; readonly results: LongContextResults } | undefined,
) {
  const lengths = [...new Set(left.map(({ tokens }) => tokens))].sort((a, b) => a - b).map(integerText);
  const rows = known?.results.rows.length ?? 0;
  const kept = rows > 0 ? ` with ${plural(rows, "row")} in ${known!.path}, which later calls add to` : "";
  return `Stopped${kept}; still to measure: ${lengths.join(", ") || "nothing"}.`;
}

/** The option that a length came from. */
function flagOf({ attention, reads }: Job, { dense, decodeOnly }: LongContextRequest): string {
  if (!reads && decodeOnly) return "--decode-only";
  return attention.kind === "dense" && dense ? "--dense" : "--lengths";
}

/** Why a context could not be measured, and which could. */
function shortageText(kind: "cuda" | "cpu", reason: Error, fits: number | undefined, flag: string): string {
  if (fits === undefined) return reason.message;
  const reach = kind === "cpu" ? "The CPU executor reaches 4 GiB" : "Out of memory";
  return `${reach}: about ${shortInteger(fits)} tokens fit beside the weights. Give a smaller length in ${flag}.`;
}

/** What of the weights a step reads: an embedding that is not the output head too is looked up, not read. */
function readWeightBytes({ files: { checkpoint, config, plan }, weightBytes }: Subject): number {
  const embedding = plan.embedding.parts.reduce((sum, { tensor }) => sum + checkpoint.tensor(tensor).bytes, 0);
  return config.tied ? weightBytes : weightBytes - embedding;
}

function jobsOf(request: LongContextRequest, usual: readonly number[], trained: number): Job[] {
  const { decodeOnly = [], attention = [{ kind: "reattention" }] } = request;
  // Someone who names only contexts to be filled wants those.
  const lengths = request.lengths ?? (decodeOnly.length > 0 ? [] : usual);
  const dense = request.dense ?? lengths;
  const jobs = (mode: AttentionOptions, read: readonly number[]): Job[] => {
    const filled = decodeOnly.filter((tokens) => !read.includes(tokens));
    return [
      ...[...new Set(read)].map((tokens) => ({ attention: mode, tokens, reads: true })),
      ...[...new Set(filled)].map((tokens) => ({ attention: mode, tokens, reads: false })),
    ];
  };
  const noDense = request.dense?.length === 0;
  return [
    ...attention.flatMap((mode) => jobs(readAttention(mode, trained), lengths)),
    ...(noDense ? [] : jobs({ kind: "dense" }, dense)),
  ];
}

/** Prints the table or JSON, and writes and names the drawings. */
async function show(path: string, results: LongContextResults, subject: Subject, { json, out }: LongContextRequest) {
  const { token, firstToken } = longContextCharts(results, subject.files.config, readWeightBytes(subject));
  console.log(json ? JSON.stringify(results) : tableText(results));
  const written = [path];
  for (const [name, svg] of [
    ["first-token", firstToken],
    ["token", token],
  ] as const) {
    if (svg === undefined) continue;
    const base = path.replace(/\.json$/, `-${name}`);
    const png = await toPng(svg);
    writingTo(out, () => {
      writeFileSync(`${base}.svg`, svg);
      writeFileSync(`${base}.png`, png);
    });
    written.push(`${base}.svg`, `${base}.png`);
  }
  process.stderr.write(`${colours(process.stderr).dim(`written: ${written.join(", ")}`)}\n`);
}

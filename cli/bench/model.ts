import { existsSync } from "node:fs";
import { join } from "node:path";
import { slug } from "../../bench/environment.js";
import { renameEarlier, writeResults } from "../../bench/results-file.js";
import { readText } from "../../runtime/files.js";
import { modelBundle } from "../../runtime/package-root.js";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { modelPath } from "../generate/load-model.js";
import { ensureModelKernels } from "../kernels/model-kernels.js";
import { colours } from "../report/colours.js";
import { progress } from "../report/progress.js";
import { deviceToMeasure } from "./device.js";
import { requireFolder, writingTo } from "./output.js";

interface Common {
  readonly device?: "cpu" | "cuda";
  readonly out: string;
  readonly json?: boolean;
  readonly peer?: boolean;
  readonly signal: AbortSignal;
}

export interface ModelBenchRequest extends Common {
  readonly model?: string;
  readonly prefill?: number;
  readonly decode?: number;
}

export interface SessionsBenchRequest extends Common {
  readonly model?: string;
  readonly sessions?: readonly number[];
  readonly decode?: number;
}

export interface StepBenchRequest extends Common {
  readonly model?: string;
  readonly depth?: number;
  readonly attention?: readonly AttentionRequest[];
}

export interface RetrievalBenchRequest extends Common {
  readonly lengths?: readonly number[];
  readonly exactness?: boolean;
}

/** What the CPU executor does within a minute, and what keeps a GPU busy. */
const USUAL = {
  cuda: { prefill: 8192, decode: 256, sessions: [1, 4, 16, 64], lengths: [128 * 1024, 1024 * 1024] },
  cpu: { prefill: 128, decode: 8, sessions: [1, 4], lengths: [1024, 4096] },
} as const;

/** Tokens a second of a model, ours and transformers'. */
export async function benchModel({ model, prefill, decode, peer = true, ...request }: ModelBenchRequest) {
  await ofModel(model, request, async (path, device, onProgress) => {
    const { benchModel, modelTable } = await import("../../bench/model.js");
    const usual = USUAL[device];
    const { signal } = request;
    const results = await benchModel({
      ...{ path, device, peer, signal, onProgress },
      ...{ prefill: prefill ?? usual.prefill, decode: decode ?? usual.decode },
    });
    return ["model", results, modelTable(results)];
  });
}

/** Tokens a second of several answers at once. */
export async function benchSessions({ model, sessions, decode, peer = true, ...request }: SessionsBenchRequest) {
  await ofModel(model, request, async (path, device, onProgress) => {
    const { benchSessions, sessionsTable } = await import("../../bench/sessions.js");
    const usual = USUAL[device];
    const { signal } = request;
    const results = await benchSessions({
      ...{ path, device, peer, signal, onProgress },
      ...{ sessions: sessions ?? usual.sessions, decode: decode ?? usual.decode },
    });
    return ["sessions", results, sessionsTable(results)];
  });
}

/** A decode step by its kernels. */
export async function benchStep({ model, depth = 256, attention, ...request }: StepBenchRequest) {
  await ofModel(model, request, async (path, device, onProgress) => {
    const { benchStep, stepTable } = await import("../../bench/step.js");
    const { signal } = request;
    const results = await benchStep({ path, device, depth, attention: attention?.[0], signal, onProgress });
    const name = ["step", attention?.[0]?.kind ?? "dense", depth].join("-");
    return [name, results, stepTable(results)];
  });
}

/** Measures a model whose files are sound, on a device that is there, into a folder that can be written to. */
async function ofModel(
  model: string | undefined,
  request: Common,
  measure: (
    path: string,
    device: "cuda" | "cpu",
    onProgress: (text: string) => void,
  ) => Promise<readonly [name: string, results: Parameters<typeof finish>[1], table: string]>,
) {
  const device = deviceToMeasure(request.device);
  const { openModelFiles } = await import("../../runtime/models/load.js");
  const path = await modelPath(model, request.signal);
  // What is no model is found before a folder is made.
  openModelFiles(path)[Symbol.dispose]();
  requireFolder(request.out);
  const line = progress();
  try {
    line.show("Loading the model");
    await ensureModelKernels({ signal: request.signal, onProgress: ({ text }) => line.show(text) });
    const [name, results, table] = await measure(path, device, line.show);
    line.clear();
    finish(name, results, table, request);
  } finally {
    line.clear();
  }
}

/** ReAttention's kernels on their own, for heads of 128 and of 64. */
export async function benchRetrieval({ lengths, peer = true, exactness = true, ...request }: RetrievalBenchRequest) {
  const device = deviceToMeasure(request.device);
  requireFolder(request.out);
  const bench = await import("../../bench/reattention.js");
  const line = progress();
  try {
    line.show("Preparing the kernels");
    await ensureModelKernels({ signal: request.signal, onProgress: ({ text }) => line.show(text) });
  } finally {
    line.clear();
  }
  const results = await bench.benchRetrieval({
    device,
    bundle: modelBundle(),
    lengths: lengths ?? USUAL[device].lengths,
    peer,
    exactness,
    signal: request.signal,
    say: (text) => (request.json ? process.stderr.write(`${text}\n`) : console.log(text)),
  });
  finish("reattention", results, undefined, request);
}

/** Prints what is not printed yet, and keeps the results. An earlier file of this commit goes only when the new one is whole. */
export function finish(
  name: string,
  results: { readonly device: string; readonly commit: string },
  table: string | undefined,
  { out, json }: Pick<Common, "out" | "json">,
): void {
  const path = join(out, `${name}-${slug(results.device)}.json`);
  // First of all: what was measured must not be lost where it cannot be written.
  if (json) console.log(JSON.stringify(results));
  else if (table) console.log(table);
  writingTo(out, () => {
    if (existsSync(path) && commitOf(path) !== results.commit)
      process.stderr.write(`${path} has results of another commit, or none: it is kept as ${renameEarlier(path)}\n`);
    writeResults(path, results);
  });
  process.stderr.write(`${colours(process.stderr).dim(`written: ${path}`)}\n`);
}

/** Undefined for what is no file of results. */
function commitOf(path: string): unknown {
  try {
    return (JSON.parse(readText(path)) as { readonly commit?: unknown }).commit;
  } catch {
    return undefined;
  }
}

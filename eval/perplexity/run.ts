/** Reads pieces of a text in each attention mode, and keeps what each part of them took in bits. */

import { setImmediate } from "node:timers/promises";
import type { Model } from "../../runtime/models/model.js";
import { type AttentionOptions, attentionText } from "../../runtime/reattention/index.js";
import { Eta } from "../shared/eta.js";
import { Session } from "../shared/session.js";
import { type Bucket, bucketKey, type ScoresFile } from "./scores.js";
import type { LongText, Piece } from "./text.js";

/** What of a model is needed. */
export type ScoringModel = Pick<Model, "score" | "close">;

/** Positions of a piece, from `from` on, below `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface PerplexityProgress {
  readonly attention: string;
  /** Which of the pieces, from 0 on, and how many of its tokens have been read. */
  readonly piece: number;
  readonly read: number;
  readonly length: number;
  readonly done: number;
  readonly total: number;
  readonly remainingMs: number | undefined;
}

/** A part without a score, and why. */
export interface BucketFailure extends Span {
  readonly attention: string;
  readonly start: number;
  readonly error: string;
}

export interface PerplexityJob {
  readonly text: Pick<LongText, "bytesOf">;
  readonly pieces: readonly Piece[];
  /** Where parts end, ascending: the first begins at 0, each other where the one before it ends. */
  readonly edges: readonly number[];
  readonly attentions: readonly AttentionOptions[];
  readonly scores: ScoresFile;
  /** Opens a model for contexts up to `context` tokens. Fails where memory does not suffice. */
  readonly open: (attention: AttentionOptions, context: number) => Promise<ScoringModel>;
  readonly onBucket?: (bucket: Bucket | BucketFailure) => void;
  readonly onProgress?: (progress: PerplexityProgress) => void;
  readonly signal?: AbortSignal;
}

/** A piece of which some parts have no score yet. */
interface Pending {
  readonly piece: Piece;
  readonly index: number;
  readonly spans: readonly Span[];
}

export const spansOf = (edges: readonly number[]): Span[] =>
  edges.map((to, index) => ({ from: edges[index - 1] ?? 0, to }));

/** A part that fails is told of, and the others are read all the same. @throws the signal's reason */
export async function runPerplexity(job: PerplexityJob): Promise<void> {
  const groups = job.attentions.map((attention) => ({ attention, pending: pendingOf(job, attentionText(attention)) }));
  const all = groups.flatMap(({ pending }) => pending);
  const eta = new Eta(all.map(({ spans }) => spans.at(-1)!.to));
  let done = 0;
  for (const { attention, pending } of groups) {
    const session = new Session((context) => job.open(attention, context), job.edges, job.signal);
    try {
      for (const one of pending) {
        job.signal?.throwIfAborted();
        const tell = (read: number) =>
          job.onProgress?.({
            ...{ attention: attentionText(attention), piece: one.index, read, length: one.spans.at(-1)!.to },
            ...{ done, total: all.length, remainingMs: eta.remaining(read) },
          });
        tell(0);
        await readPiece(job, session, attentionText(attention), one, eta, tell);
        done++;
        // Scores may come without any wait: Ctrl-C must get its turn.
        await setImmediate();
      }
    } finally {
      await session.close();
    }
  }
}

function pendingOf({ pieces, edges, scores }: PerplexityJob, attention: string): Pending[] {
  const spans = spansOf(edges);
  return pieces
    .map((piece, index) => {
      const { start } = piece;
      return {
        piece,
        index,
        spans: spans.filter((span) => !scores.lines.has(bucketKey({ attention, start, ...span }))),
      };
    })
    .filter((one) => one.spans.length > 0);
}

/** Reads a piece as far as parts have no score and a model has room. */
async function readPiece(
  job: PerplexityJob,
  session: Session<ScoringModel>,
  attention: string,
  { piece, spans }: Pending,
  eta: Eta,
  onRead: (read: number) => void,
): Promise<void> {
  const { signal, onBucket } = job;
  const left = [...spans];
  eta.begin();
  while (left.length > 0) {
    const { to } = left.at(-1)!;
    try {
      const model = await session.model(to);
      await score(job, model, attention, piece, left, onRead);
    } catch (error) {
      if (signal?.aborted) throw error;
      if (await session.failed(to, error)) continue;
      // A shorter part of the piece may do.
      const failed = left.pop()!;
      onBucket?.({
        attention,
        start: piece.start,
        ...failed,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
  eta.end(spans.at(-1)!.to);
}

/** Scores the parts that are left, and takes each away that has its score. */
async function score(
  { text, scores, onBucket, signal }: PerplexityJob,
  model: ScoringModel,
  attention: string,
  { start, tokens }: Piece,
  left: Span[],
  onRead: (read: number) => void,
): Promise<void> {
  const { to: end } = left.at(-1)!;
  // Nothing is known of the first token.
  const from = Math.max(1, left[0]!.from);
  let sum = { tokens: 0, bytes: 0, nats: 0 };
  let began = performance.now();
  for await (const { first, logprobs } of model.score(tokens.slice(0, end), { from, signal, onProgress: onRead }))
    for (const [index, logprob] of logprobs.entries()) {
      const position = first + index;
      const span = left[0]!;
      // Parts between may have their scores from an earlier run.
      if (position < span.from) continue;
      sum = { tokens: sum.tokens + 1, bytes: sum.bytes + text.bytesOf(tokens[position]!), nats: sum.nats - logprob };
      if (position + 1 < span.to) continue;
      const now = performance.now();
      const bucket: Bucket = {
        ...{ attention, start, ...span, tokens: sum.tokens, bytes: sum.bytes, bits: sum.nats / Math.LN2 },
        seconds: Math.round(now - began) / 1000,
      };
      scores.put(bucket);
      left.shift();
      onBucket?.(bucket);
      [sum, began] = [{ tokens: 0, bytes: 0, nats: 0 }, now];
      if (left.length === 0) return;
    }
}

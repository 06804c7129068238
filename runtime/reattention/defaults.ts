/** What the paper takes where nobody said anything, and its proportions for windows that it did not try. */

import type { AttentionOptions, AttentionRequest, ReAttention } from "./attention-options.js";
import { PRESETS } from "./presets.js";

/** Section 4.1: 32 + 127·32 + 4096 = 8192 for models trained for 8k tokens, 32 + 256·32 + 8192 for those trained for 32k and more. */
const PAPER = { global: 32, topK: 4, span: 32, clip: 256, local: 8192, chunk: 512 } as const;

const even = (value: number): number => Math.max(2, value - (value % 2));

/** Puts in what was left out. Nothing is checked: numbers that were given stay as they are. */
export function fillIn(asked: AttentionRequest, trainedWindow: number): AttentionOptions {
  if (asked.kind === "dense") return { kind: "dense" };
  if (asked.kind === "reattention") return reattention(asked, trainedWindow);
  // As much window as ReAttention would have, so that the two differ in the retrieval alone.
  const alike = reattention({ kind: "reattention", global: asked.global }, trainedWindow);
  const global = asked.global ?? alike.global;
  const local = asked.local ?? Math.max(1, alike.local + alike.clip * alike.span);
  return { kind: "streaming", global, local, chunk: asked.chunk ?? chunkFor(local) };
}

/** The published parameters for 4k models fill less of the window than the paper's proportions would. */
const SMALL = 4096;

function reattention(given: Partial<ReAttention>, window: number): ReAttention {
  const isFree = (["global", "local", "span", "clip", "chunk"] as const).every((key) => given[key] === undefined);
  const asked = isFree && window === SMALL ? { ...PRESETS.reattention["4k"], ...defined(given) } : given;
  const global = asked.global ?? Math.min(PAPER.global, Math.floor(window / 16));
  const span = asked.span ?? Math.min(PAPER.span, even(Math.floor(window / 16)));
  const retrieved = asked.clip === undefined ? span : asked.clip * span;
  const local = asked.local ?? Math.max(1, Math.min(PAPER.local, Math.floor(window / 2), window - global - retrieved));
  const clip = asked.clip ?? Math.max(1, Math.min(PAPER.clip, Math.floor((window - global - local) / span)));
  return {
    kind: "reattention",
    global,
    local,
    topK: asked.topK ?? PAPER.topK,
    span,
    clip,
    chunk: asked.chunk ?? chunkFor(local),
    ...(asked.tail === undefined || asked.tail === 0 ? {} : { tail: asked.tail }),
  };
}

const defined = (given: Partial<ReAttention>): Partial<ReAttention> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** An eighth of the local part, as in the paper's 8k models; a GPU has too little to do in fewer than 16 rows. */
const chunkFor = (local: number): number => Math.min(PAPER.chunk, local, Math.max(16, Math.floor(local / 8)));

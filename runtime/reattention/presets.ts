/** Parameters that ReAttention's authors published configurations with (arXiv 2407.15176; OpenMOSS/ReAttention, opencompass/configs/model_xrliu). */

import type { ReAttention, StreamingAttention } from "./attention-options.js";
import { AttentionError } from "./errors.js";

type Parameters<Mode> = Readonly<Record<string, Omit<Mode, "kind">>>;

/** By the window that a model was trained for, and for needles in haystacks of millions of tokens. */
const REATTENTION: Parameters<ReAttention> = {
  "4k": { global: 32, local: 2048, topK: 4, span: 32, clip: 48, chunk: 512 },
  "8k": { global: 32, local: 4096, topK: 4, span: 32, clip: 127, chunk: 512 },
  "32k": { global: 32, local: 8192, topK: 4, span: 32, clip: 256, chunk: 512 },
  needle: { global: 32, local: 8192, topK: 1, span: 32, clip: 512, chunk: 1024 },
  needles: { global: 32, local: 8192, topK: 4, span: 32, clip: 256, chunk: 2048 },
};

/** What it was compared with: the same first and last tokens, and nothing in place of the middle. */
const STREAMING: Parameters<StreamingAttention> = {
  "4k": { global: 32, local: 2048, chunk: 512 },
  "8k": { global: 32, local: 4096, chunk: 512 },
  "32k": { global: 32, local: 8192, chunk: 512 },
};

export const PRESETS = { dense: {}, streaming: STREAMING, reattention: REATTENTION } as const;

/** @throws AttentionError that lists the presets which there are */
export function presetOf(kind: keyof typeof PRESETS, name: unknown): Readonly<Record<string, number>> {
  const presets: Readonly<Record<string, object>> = PRESETS[kind];
  if (typeof name === "string" && Object.hasOwn(presets, name)) return { ...presets[name] } as Record<string, number>;
  const shown = JSON.stringify(name) ?? String(name);
  throw new AttentionError("preset", `${kind} has no preset ${shown}`, `Give ${Object.keys(presets).join(", ")}.`);
}

/** What the versions of the specification call differently. */
import type { GenerationResult, StopReason } from "../runtime/index.js";
import type { Version, Words } from "./specification.js";

const REASONS = {
  end: "stop",
  stop: "stop",
  maxTokens: "length",
  context: "length",
  toolCalls: "tool-calls",
} as const satisfies Record<StopReason, string>;

interface Speaker<V extends Version> {
  usage(result: GenerationResult): Words[V]["usage"];
  finishReason(reason: StopReason): Words[V]["finishReason"];
  warning(feature: string, details: string): Words[V]["warning"];
}

const V3: Speaker<"v3"> & Speaker<"v4"> = {
  usage: ({ promptTokens, cachedTokens, tokens }) => ({
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: tokens.length, text: undefined, reasoning: undefined },
  }),
  finishReason: (raw) => ({ unified: REASONS[raw], raw }),
  warning: (feature, details) => ({ type: "unsupported", feature, details }),
};

export const SPEAKERS: { readonly [V in Version]: Speaker<V> } = {
  v4: V3,
  v3: V3,
  v2: {
    usage: ({ promptTokens, cachedTokens, tokens }) => ({
      inputTokens: promptTokens,
      outputTokens: tokens.length,
      totalTokens: promptTokens + tokens.length,
      cachedInputTokens: cachedTokens,
    }),
    finishReason: (reason) => REASONS[reason],
    warning: (feature, details) => ({ type: "other", message: `${feature}: ${details}` }),
  },
};

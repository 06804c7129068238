/** Bits a byte by position, each mode's beside the first one's. */

import { lineChart, type Series } from "../../chart/index.js";
import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { type Estimate, estimateOf } from "../shared/estimate.js";
import type { Span } from "./run.js";
import type { Bucket, ScoresIdentity } from "./scores.js";

export interface ModeBits extends Estimate {
  readonly attention: string;
  readonly pieces: number;
  /** How many tokens the model was as unsure between as if all were alike: 2 to the power of the bits of a token. */
  readonly perplexity: number;
  /** This mode less the first one, of the pieces that both have read. */
  readonly difference?: Estimate & { readonly pieces: number };
}

/** Positions, and each mode's bits a byte there. */
export interface BitsRow extends Span {
  readonly modes: readonly ModeBits[];
}

const sumOf = (buckets: readonly Bucket[], of: "bits" | "bytes" | "tokens"): number =>
  buckets.reduce((sum, bucket) => sum + bucket[of], 0);

/** NaN of nothing. */
const bitsAByte = (buckets: readonly Bucket[]): number => sumOf(buckets, "bits") / sumOf(buckets, "bytes");

/** A row for each of the spans, or for all that there are. */
export function summariseBits(
  buckets: readonly Bucket[],
  attentions: readonly string[],
  spans: readonly Span[] = spansIn(buckets),
): BitsRow[] {
  return spans.map(({ from, to }) => {
    const those = buckets.filter((bucket) => bucket.from === from && bucket.to === to);
    const ofMode = (attention: string) => those.filter((bucket) => bucket.attention === attention);
    const first = ofMode(attentions[0]!);
    const modes = attentions.map((attention, index): ModeBits => {
      const mine = ofMode(attention);
      const bits = {
        ...{ attention, pieces: mine.length, perplexity: 2 ** (sumOf(mine, "bits") / sumOf(mine, "tokens")) },
        ...estimateOf(mine, bitsAByte),
      };
      return index === 0 ? bits : { ...bits, difference: differenceOf(mine, first) };
    });
    return { from, to, modes };
  });
}

function differenceOf(mine: readonly Bucket[], first: readonly Bucket[]): ModeBits["difference"] {
  const others = new Map(first.map((bucket) => [bucket.start, bucket]));
  const both = mine.filter(({ start }) => others.has(start));
  const less = (some: readonly Bucket[]) => bitsAByte(some) - bitsAByte(some.map(({ start }) => others.get(start)!));
  return { pieces: both.length, ...estimateOf(both, less) };
}

function spansIn(buckets: readonly Bucket[]): Span[] {
  const spans = new Map(buckets.map(({ from, to }) => [`${from} ${to}`, { from, to }]));
  return [...spans.values()].sort((a, b) => a.to - b.to || a.from - b.from);
}

/** A curve for each mode over the positions of the text, as SVG. */
export function chartOfBits({ model, text }: ScoresIdentity, rows: readonly BitsRow[]): string {
  const attentions = rows[0]?.modes.map(({ attention }) => attention) ?? [];
  const kinds = attentions.map(kindOf);
  const series = attentions.map(
    (attention, index): Series => ({
      // Parameters tell two of a kind apart.
      name: kinds.indexOf(kinds[index]!) === kinds.lastIndexOf(kinds[index]!) ? kinds[index]! : attention,
      points: rows.flatMap(({ to, modes }) => {
        const { mean } = modes[index]!;
        return Number.isNaN(mean) ? [] : [[to, mean] as const];
      }),
    }),
  );
  return lineChart({
    title: "Bits a byte by position",
    subtitle: `${model.name}, trained for ${integerText(model.trainedContext)} tokens · ${text.name}; less is better`,
    x: { label: "tokens from the beginning of the text, up to", scale: "log2", format: integerText },
    y: { label: "bits a byte", scale: "linear" },
    series,
  });
}

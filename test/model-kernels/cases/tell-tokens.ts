import { SHAPING, shapingWords, TOLD_ROW } from "../../../runtime/kernels/sample/record.js";
import { type Edges, F32, input, type KernelCase, named, output } from "../case.js";
import { many, numbers } from "../numbers.js";
import { sequences } from "../sequences.js";

const RING = 8;

/** The token of a row, and of how many likely ones is told beside it; nothing where that is undefined, or there is nobody. */
interface Row {
  readonly token: number;
  readonly step: number;
  readonly top?: number;
}

function shapingOf(count: number, top: number | undefined): Int32Array {
  const words = new Int32Array(shapingWords(count));
  words[SHAPING.told] = top === undefined ? 0 : top + 1;
  return words;
}

function caseOf(title: string, count: number, rows: readonly (Row | "plain" | "nobody")[]): KernelCase {
  return {
    kernel: "tellTokens",
    title: `${title}, ${count} tokens`,
    constants: ({ tiles }) => ({ ...tiles.tell }),
    grid: () => [rows.length],
    prepare() {
      const source = numbers(count + rows.length);
      // Several are equal, among the likeliest too.
      const logits = many(rows.length * count, () => Math.round(6 * source.normal()) / 2).map((logit, at) =>
        at % count === count - 1 ? Number.NEGATIVE_INFINITY : logit,
      );
      const scores = new Float64Array(RING * rows.length * TOLD_ROW).fill(Number.NaN);
      const tokens = scores.slice();
      const those = rows.map((row, index) => {
        if (row === "nobody") return undefined;
        if (row === "plain") return { token: 0, step: 1 };
        const { token, step, top } = row;
        const shaping = input("i32", shapingOf(count, top));
        if (top === undefined) return { token, step, shaping };
        const mine = logits.subarray(index * count, (index + 1) * count);
        const best = mine.reduce((a, b) => Math.max(a, b));
        const all = best + Math.log(mine.reduce((sum, logit) => sum + Math.exp(logit - best), 0));
        const ranked = [...mine.keys()].sort((a, b) => mine[b]! - mine[a]! || a - b);
        for (const [place, id] of [token, ...ranked.slice(0, top)].entries()) {
          const cell = (((step - 1) % RING) * rows.length + index) * TOLD_ROW + place;
          scores[cell] = mine[id]! - all;
          tokens[cell] = id;
        }
        return { token, step, shaping };
      });
      return {
        buffers: {
          ...sequences(those),
          logits: input("f32", logits),
          scores: output("f32", scores, F32),
          tokens: output("i32", tokens, 0),
        },
        args: (b) => ({
          ...named(b, "logits", "records", "scores", "tokens"),
          count,
          rows: rows.length,
          ringSize: RING,
        }),
      };
    },
  };
}

export function tellTokensCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK, COLUMN } = tiles.tell;
  return [30, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 9, COLUMN * BLOCK + 2 * BLOCK + 1].flatMap((count) => [
    caseOf("the chosen token", count, [{ token: count - 2, step: 1, top: 0 }]),
    caseOf("and the likeliest", count, [{ token: 3, step: 8, top: 1 }]),
    caseOf("and 20", count, [{ token: 0, step: 19, top: 20 }]),
    caseOf("some of many", count, [
      ...(["nobody", "plain"] as const),
      { token: 7, step: 5, top: 5 },
      { token: 8, step: 6 },
      { token: 9, step: 9, top: 0 },
      "nobody" as const,
    ]),
  ]);
}

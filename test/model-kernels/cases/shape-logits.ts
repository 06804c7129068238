import { SHAPING, shapingWords } from "../../../runtime/kernels/sample/record.js";
import { cdiv, changed, type Edges, F32, input, type KernelCase, named, output } from "../case.js";
import { many, numbers } from "../numbers.js";
import { sequences } from "../sequences.js";

/** What one row's sequence asks for: its penalties, and the tokens that are in its prompt, and in its answer, some more than once. */
interface Row {
  readonly repetition: number;
  readonly presence: number;
  readonly frequency: number;
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly biases: ReadonlyMap<number, number>;
  readonly allowed: (token: number) => boolean;
}

const NOTHING: Row = {
  ...{ repetition: 1, presence: 0, frequency: 0, prompt: [], answer: [], biases: new Map(), allowed: () => true },
};

/** What a sequence has on the device when the last token of its answer is not counted yet. */
function shapingOf(
  count: number,
  { repetition, presence, frequency, prompt, answer, biases, allowed }: Row,
): Int32Array {
  const words = new Int32Array(shapingWords(count));
  const floats = new Float32Array(words.buffer);
  floats.set([repetition, 1 / repetition, presence, frequency], SHAPING.penalties);
  for (const token of answer.slice(0, -1)) words[SHAPING.tally + token]! += 2;
  for (const token of prompt) words[SHAPING.tally + token]! |= 1;
  for (const [token, bias] of biases) floats[SHAPING.tally + count + token] = bias;
  for (let token = 0; token < count; token++)
    if (allowed(token)) words[SHAPING.tally + 2 * count + (token >> 5)]! |= 1 << (token & 31);
  return words;
}

/** The logit as it is asked for, in float64. */
function shaped(logit: number, token: number, row: Row): number {
  if (!row.allowed(token)) return Number.NEGATIVE_INFINITY;
  const times = row.answer.filter((one) => one === token).length;
  const seen = times > 0 || row.prompt.includes(token);
  const repeated = !seen ? logit : logit > 0 ? logit / row.repetition : logit * row.repetition;
  return repeated + (row.biases.get(token) ?? 0) - (times > 0 ? row.presence : 0) - row.frequency * times;
}

function caseOf(title: string, count: number, rows: readonly (Row | "plain" | "nobody")[]): KernelCase {
  return {
    kernel: "shapeLogits",
    title: `${title}, ${count} tokens`,
    constants: ({ tiles }) => ({ ...tiles.shaping }),
    grid: ({ tiles }) => [cdiv(count, tiles.shaping.BLOCK), rows.length],
    prepare() {
      const source = numbers(count + rows.length);
      // The last one is padding of the vocabulary.
      const logits = many(rows.length * count, () => Math.fround(3 * source.normal())).map((logit, at) =>
        at % count === count - 1 ? Number.NEGATIVE_INFINITY : logit,
      );
      const want = logits.map((logit, at) => {
        const row = rows[Math.floor(at / count)]!;
        return row === "nobody" ? Number.NaN : row === "plain" ? logit : shaped(logit, at % count, row);
      });
      const those = rows.map((row) => {
        if (row === "nobody") return undefined;
        if (row === "plain") return { token: 1, step: 4 };
        const words = shapingOf(count, row);
        const after = new Float64Array(words.length).fill(Number.NaN);
        const token = row.answer.at(-1) ?? 1;
        if (row.answer.length > 0) after[SHAPING.tally + token] = words[SHAPING.tally + token]! + 2;
        return { token, step: row.answer.length, shaping: changed("i32", words, after, 0) };
      });
      return {
        buffers: { ...sequences(those), logits: input("f32", logits), shaped: output("f32", want, F32) },
        args: (b) => ({ ...named(b, "logits", "records", "shaped"), count }),
      };
    },
  };
}

export function shapeLogitsCases({ tiles }: Edges): KernelCase[] {
  const { BLOCK } = tiles.shaping;
  return [40, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 37].flatMap((count) => {
    const last = count - 2;
    const prompt = [0, 5, 5, 31, 32, last];
    const answer = [3, 5, 3, last, 3];
    const penalties = { repetition: 1.3, presence: 0.7, frequency: 0.4 };
    const biases = new Map([
      [2, 12.5],
      [5, -100],
      [last, 0.25],
    ]);
    const odd = (token: number) => token % 2 === 1 || token === last;
    return [
      caseOf("nothing asked", count, [NOTHING]),
      caseOf("a repetition penalty", count, [{ ...NOTHING, repetition: 1.5, prompt, answer }]),
      caseOf("one that likes repetition", count, [{ ...NOTHING, repetition: 0.5, prompt, answer }]),
      caseOf("penalties before the first token", count, [{ ...NOTHING, ...penalties, prompt }]),
      caseOf("biases", count, [{ ...NOTHING, biases, answer }]),
      caseOf("some tokens alone", count, [{ ...NOTHING, allowed: odd }]),
      caseOf("all at once, beside others", count, [
        ...(["nobody", "plain"] as const),
        { ...penalties, prompt, answer, biases, allowed: odd },
        { ...NOTHING, presence: -0.5, frequency: -1, answer: [last] },
        ...(["plain", "nobody"] as const),
      ]),
    ];
  });
}

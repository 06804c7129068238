import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Bucket, LongText, runPerplexity, ScoresFile, summariseBits } from "../../eval/perplexity/index.js";
import { type AttentionOptions, attentionText } from "../../runtime/reattention/index.js";
import { folderWith } from "../cli/run-cli.js";
import { smallTokenizer } from "./small-tokenizer.js";

const identity = {
  model: { name: "small", file: "small.gguf", bytes: 1, layers: 2, trainedContext: 1000 },
  text: { name: "a.txt", sha256: "0" },
};
const tokenizer = smallTokenizer();
const dense: AttentionOptions = { kind: "dense" };
const streaming: AttentionOptions = { kind: "streaming", global: 4, local: 1000, chunk: 16 };

describe("a text", () => {
  const source = { name: "a.txt", text: "Grüße an alle. ".repeat(50) };

  it("is cut into pieces, one behind the other, and their tokens have all of its bytes", async () => {
    const text = await LongText.encode(source, tokenizer, { atLeast: 1e6 });
    const all = tokenizer.encode(source.text, { addSpecial: false });
    const pieces = text.pieces(20, 3);
    expect(pieces.map(({ start }) => start)).toEqual([0, 20, 40]);
    expect(pieces.flatMap(({ tokens }) => tokens)).toEqual(all.slice(0, 60));
    expect(text.pieces(20, 1e6)).toHaveLength(Math.floor(all.length / 20));
    const bytes = all.reduce((sum, token) => sum + text.bytesOf(token), 0);
    expect(bytes).toBe(Buffer.byteLength(source.text));
  });

  it("that is too short is refused", async () => {
    const text = await LongText.encode({ name: "a.txt", text: "a" }, tokenizer, { atLeast: 100 });
    expect(() => text.pieces(100, 1)).toThrow(/^a\.txt has 1 tokens for this model, and 100 are to be read/);
  });
});

describe("a run", () => {
  const pieces = [0, 12].map((start) => ({ start, tokens: Array.from({ length: 12 }, (_, index) => start + index) }));
  /** Each token takes as many bits as its number says; a chunk has five. */
  const job = (path: string, fails: (context: number, position: number) => boolean = () => false) => ({
    ...{ pieces, edges: [4, 8, 12], attentions: [dense, streaming], scores: new ScoresFile(path, identity) },
    text: { bytesOf: () => 2 },
    open: async (_: AttentionOptions, context: number) => ({
      async *score(
        tokens: readonly number[],
        { from = 1, onProgress }: { from?: number; onProgress?: (read: number) => void },
      ) {
        for (let past = 0; past < tokens.length; past += 5) {
          if (fails(context, past)) throw new Error(`no memory at ${past}`);
          const first = Math.max(from, past + 1);
          const some = tokens.slice(first, past + 6);
          onProgress?.(Math.min(past + 5, tokens.length));
          if (some.length > 0) yield { first, logprobs: Float32Array.from(some, (token) => -token * Math.LN2) };
        }
      },
      close: () => {},
    }),
  });
  const sums = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => from + at).reduce((a, b) => a + b, 0);

  it("keeps the bits and bytes of each part, in each mode", async () => {
    const path = join(folderWith({}), "p.jsonl");
    const first = job(path);
    await runPerplexity(first as never);
    expect([...first.scores.lines.values()]).toHaveLength(12);
    const bits = (attention: AttentionOptions, start: number, from: number) =>
      [...first.scores.lines.values()].find(
        (one) => one.attention === attentionText(attention) && one.start === start && one.from === from,
      )!;
    // Nothing comes before the first token.
    expect(bits(dense, 0, 0)).toMatchObject({ to: 4, tokens: 3, bytes: 6 });
    expect(bits(dense, 0, 0).bits).toBeCloseTo(sums(1, 4), 4);
    expect(bits(streaming, 12, 8)).toMatchObject({ to: 12, tokens: 4, bytes: 8 });
    expect(bits(streaming, 12, 8).bits).toBeCloseTo(sums(20, 24), 4);
  });

  it("goes on with the parts that have no score, also between others", async () => {
    const path = join(folderWith({}), "p.jsonl");
    const whole = job(path);
    await runPerplexity(whole as never);
    const wanted = [...whole.scores.lines.values()];
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const gone = join(folderWith({}), "p.jsonl");
    appendFileSync(gone, lines.filter((_, index) => ![2, 3, 7].includes(index)).join("\n"));
    appendFileSync(gone, '\n{"attention":"dense","sta');
    const again = job(gone);
    const told: unknown[] = [];
    await runPerplexity({ ...again, onBucket: (one: object) => told.push(one) } as never);
    expect(told).toHaveLength(3);
    const comparable = (all: readonly Bucket[]) =>
      all
        .map(({ seconds, ...one }) => ({ ...one, bits: one.bits.toFixed(6) }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    expect(comparable([...new ScoresFile(gone, identity).lines.values()])).toEqual(comparable(wanted));
  });

  it("reads as far as there is memory, and says which parts have no score", async () => {
    const path = join(folderWith({}), "p.jsonl");
    const told: { from: number; error?: string }[] = [];
    const short = job(path, (context, position) => context > 8 || position > 5);
    await runPerplexity({ ...short, attentions: [dense], onBucket: (one: never) => told.push(one) } as never);
    expect(told.map(({ from, error }) => [from, error])).toEqual([
      ...[
        [8, "no memory at 0"],
        [0, undefined],
        [4, undefined],
      ],
      ...[
        [8, "no memory at 0"],
        [0, undefined],
        [4, undefined],
      ],
    ]);
  });

  it("stops where it is told to, and keeps what it has", async () => {
    const path = join(folderWith({}), "p.jsonl");
    const controller = new AbortController();
    const stopped = runPerplexity({
      ...job(path),
      signal: controller.signal,
      onBucket: () => controller.abort(),
    } as never);
    await expect(stopped).rejects.toThrow(/abort/i);
    expect(new ScoresFile(path, identity).lines.size).toBeLessThanOrEqual(3);
  });
});

describe("what scores say", () => {
  const bucket = (attention: string, start: number, bits: number, bytes = 100): Bucket => ({
    ...{ attention, start, from: 0, to: 50, tokens: 25, bytes, bits, seconds: 1 },
  });

  it("is bits a byte of all pieces together, and a mode less the first on the same pieces", () => {
    const buckets = [
      ...[bucket("dense", 0, 100), bucket("dense", 50, 300, 300), bucket("dense", 100, 90)],
      ...[bucket("streaming", 0, 120), bucket("streaming", 50, 360, 300)],
    ];
    const [row] = summariseBits(buckets, ["dense", "streaming"]);
    expect(row).toMatchObject({ from: 0, to: 50 });
    const [first, second] = row!.modes;
    expect(first).toMatchObject({ pieces: 3, mean: 490 / 500, perplexity: 2 ** (490 / 75) });
    expect(second).toMatchObject({ pieces: 2, mean: 480 / 400 });
    expect(second!.difference!.mean).toBeCloseTo(0.2, 9);
    expect([second!.difference!.low, second!.difference!.high]).toEqual([
      expect.closeTo(0.2, 9),
      expect.closeTo(0.2, 9),
    ]);
  });

  it("is nothing where nothing was read", () => {
    const [row] = summariseBits([], ["dense"], [{ from: 0, to: 5 }]);
    expect(row!.modes[0]!.mean).toBeNaN();
  });
});

import type { ModelDecoder } from "../models/decoder.js";
import { sizesOf } from "../models/sizes.js";
import type { Tokenizer } from "../tokenizer/index.js";
import { GenerateError } from "./errors.js";
import { requireOptions, requireTokens } from "./options.js";
import type { Scheduler } from "./scheduler.js";
import { shown } from "./shown.js";

/** Which tokens make a text's vector: all, their mean; the last; the first. */
const POOLINGS = ["mean", "last", "cls"] as const;

/** How a text becomes one vector. */
export interface EmbedOptions {
  /** Which of a text's tokens make its vector: the mean of all (the default), the last one, or the first one. What a model was trained for, its page says. */
  readonly pooling?: (typeof POOLINGS)[number];
  /** Vectors have the length 1. Default true. */
  readonly normalize?: boolean;
  /** Ends it: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Vectors of texts. */
export interface Embeddings {
  /** One for each text, with as many numbers as the model's hidden size. */
  readonly vectors: readonly Float32Array[];
  /** Of all texts together. */
  readonly tokens: number;
}

const KNOWN: Readonly<Record<keyof EmbedOptions, true>> = { pooling: true, normalize: true, signal: true };
const MOST_TEXTS = 2048;

/** What texts are read with, in turn with answers. */
export interface AsideParts {
  readonly decoder: ModelDecoder;
  readonly tokenizer: Tokenizer;
  readonly scheduler: Pick<Scheduler, "aside">;
  readonly explain: (signal: AbortSignal | undefined) => Promise<Error>;
}

/** Texts, or their tokens, as vectors: the last hidden states behind the last norm, pooled. @throws GenerateError for options and texts that make no sense */
export async function embed(
  { decoder, tokenizer, scheduler, explain }: AsideParts,
  inputs: readonly (string | readonly number[])[],
  options: EmbedOptions,
): Promise<Embeddings> {
  const { pooling, normalize } = readOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MOST_TEXTS)
    throw new GenerateError("texts", `give 1 to ${MOST_TEXTS} texts at a time`);
  const prompts = inputs.map((input, i) => tokensOf(decoder, tokenizer, input, i));
  const norm = await outputNorm(decoder);
  const runner = decoder.sequence();
  try {
    const vectors: Float32Array[] = [];
    for (const tokens of prompts) {
      const pool = new Pool(pooling, norm, decoder);
      for (const chunk of runner.chunks(0, tokens.length)) {
        signal?.throwIfAborted();
        const rows = await scheduler.aside(async () => {
          runner.grow(chunk.past + chunk.count);
          return runner.residual(chunk, tokens.slice(chunk.past, chunk.past + chunk.count));
        });
        pool.take(rows, chunk.past, tokens.length);
      }
      const vector = pool.vector(normalize);
      if (!vector.every(Number.isFinite)) throw await explain(signal);
      vectors.push(vector);
    }
    return { vectors, tokens: prompts.reduce((sum, { length }) => sum + length, 0) };
  } finally {
    decoder.drop(runner);
  }
}

function readOptions(options: EmbedOptions) {
  requireOptions(options, KNOWN);
  const { pooling = "mean", normalize = true } = options;
  if (!POOLINGS.includes(pooling))
    throw new GenerateError("pooling", `pooling is ${shown(pooling)}; give ${POOLINGS.join(", ")}`);
  if (typeof normalize !== "boolean") throw new GenerateError("normalize", "normalize is neither true nor false");
  return { pooling, normalize };
}

function tokensOf(
  { host }: ModelDecoder,
  tokenizer: Tokenizer,
  input: string | readonly number[],
  index: number,
): readonly number[] {
  const tokens = typeof input === "string" ? tokenizer.encode(input) : input;
  if (!Array.isArray(tokens))
    throw new GenerateError("texts", `text ${index} is ${shown(input)}; give a text or a list of tokens`);
  requireTokens("texts", tokens, host.config.tokens, `text ${index}`);
  if (tokens.length === 0) throw new GenerateError("texts", `text ${index} has no token`);
  if (tokens.length > host.capacity)
    throw new GenerateError(
      "texts",
      `text ${index} has ${tokens.length} tokens, and the context holds ${host.capacity}`,
    );
  return tokens;
}

/** The weights of the last norm. */
async function outputNorm({ host }: ModelDecoder): Promise<Float32Array> {
  const weights = new Float32Array(sizesOf(host.config).residual);
  await host.device.read(host.weights.outputNorm, weights);
  return weights;
}

/** The vector of one text, from the residual stream of its tokens. */
class Pool {
  readonly #pooling: (typeof POOLINGS)[number];
  readonly #norm: Float32Array;
  readonly #epsilon: number;
  readonly #hidden: number;
  readonly #sum: Float64Array;
  #count = 0;

  constructor(pooling: (typeof POOLINGS)[number], norm: Float32Array, { host }: ModelDecoder) {
    this.#pooling = pooling;
    this.#norm = norm;
    this.#epsilon = host.config.rmsEpsilon;
    this.#hidden = host.config.hidden;
    this.#sum = new Float64Array(this.#hidden);
  }

  /** Rows of the tokens from `past` on, of `total` tokens. */
  take(rows: Float32Array, past: number, total: number): void {
    const width = this.#norm.length;
    const last = past + rows.length / width - 1;
    const all = { mean: [past, last], last: [total - 1, total - 1], cls: [0, 0] } as const;
    const [from, to] = all[this.#pooling];
    for (let token = Math.max(from, past); token <= Math.min(to, last); token++)
      this.#add(rows.subarray((token - past) * width, (token - past + 1) * width));
  }

  /** A row through the last norm. */
  #add(row: Float32Array): void {
    let squares = 0;
    for (let i = 0; i < this.#hidden; i++) squares += row[i]! * row[i]!;
    const scale = 1 / Math.sqrt(squares / this.#hidden + this.#epsilon);
    for (let i = 0; i < this.#hidden; i++) this.#sum[i]! += row[i]! * scale * this.#norm[i]!;
    this.#count++;
  }

  vector(normalize: boolean): Float32Array {
    const by = normalize ? Math.hypot(...this.#sum) : this.#count;
    return Float32Array.from(this.#sum, (value) => (by === 0 ? 0 : value / by));
  }
}

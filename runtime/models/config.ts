/** What a model is made of: sizes and constants of a decoder-only transformer, whatever its family and file format. */
export interface ModelConfig {
  /** The family's name, as GGUF files write it: "llama", "qwen2", … */
  readonly architecture: string;
  /** Name for people, "" if the file gives none. */
  readonly name: string;
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Query heads; a multiple of `kvHeads`. */
  readonly heads: number;
  readonly kvHeads: number;
  /** D: even. */
  readonly headSize: number;
  /** Width of the feed-forward, of one expert where there are experts. */
  readonly feedForward: number;
  readonly experts: ExpertConfig | undefined;
  /** Of the gate: silu (arXiv 2002.05202), or gelu by tanh (arXiv 1606.08415). */
  readonly activation: "silu" | "gelu";
  /** Rows of the embedding and of the output head. */
  readonly vocabulary: number;
  /** Tokens that exist: rows from here on only fill the matrices up, and are never sampled. */
  readonly tokens: number;
  /** Tokens of the window the model was trained for. */
  readonly context: number;
  /** Of every RMS norm. */
  readonly rmsEpsilon: number;
  /** What an embedding is multiplied by. */
  readonly embeddingScale: number;
  /** What q · k is multiplied by: 1 / √D in most families. */
  readonly scoreScale: number;
  /** Scores and logits become cap · tanh(x / cap) where there is one (arXiv 2408.00118, section 2). */
  readonly scoreCap: number | undefined;
  readonly logitCap: number | undefined;
  /** The rotations that layers use. */
  readonly ropes: readonly RopeConfig[];
  /** One entry a layer. */
  readonly layerKinds: readonly LayerKind[];
  /** Whether the output head is the embedding. */
  readonly tied: boolean;
  readonly bosId: number | undefined;
  /** Ids that end an answer: of a text, of a turn, of a message. */
  readonly eosIds: readonly number[];
  /** Jinja source. */
  readonly chatTemplate: string | undefined;
}

/** How a layer sees positions. */
export interface LayerKind {
  /** Index in `ropes`; undefined for a layer that does not rotate (NoPE, arXiv 2305.19466). */
  readonly rope: number | undefined;
  /** Query i sees key j only where i − j < window; undefined: all before it. */
  readonly window: number | undefined;
}

/** How a mixture of experts routes. */
export interface ExpertConfig {
  readonly count: number;
  /** Experts that a token goes through. */
  readonly used: number;
  /** Whether the weights of those used are divided by their sum. */
  readonly normalized: boolean;
  /** Layers that have one feed-forward instead, and its width. Default: none has. */
  readonly dense?: { readonly layers: ReadonlySet<number>; readonly feedForward: number };
}

/** A rotary position embedding (arXiv 2104.09864): frequency i is base^(−2i / rotated), scaled. */
export interface RopeConfig {
  readonly base: number;
  /** Dimensions of a head that rotate, even; the rest pass. */
  readonly rotated: number;
  readonly scaling: RopeScaling;
  /** What cosines and sines are multiplied by, beside what the scaling itself asks for. */
  readonly attentionFactor: number;
}

/** How rotary positions stretch beyond what a model was trained for. */
export type RopeScaling =
  | { readonly kind: "none" }
  | { readonly kind: "linear"; readonly factor: number }
  /** Frequencies are divided by rotated / 2 factors: what llama3's rule comes to. */
  | { readonly kind: "factors"; readonly factors: Float32Array }
  /** The base grows with the context beyond `original` tokens (NTK-aware, as transformers computes it). */
  | { readonly kind: "dynamic"; readonly factor: number; readonly original: number }
  /** arXiv 2309.00071. `magnitude` is what cosines and sines are multiplied by. */
  | {
      readonly kind: "yarn";
      readonly factor: number;
      readonly original: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly truncate: boolean;
      readonly magnitude: number;
    }
  /** arXiv 2402.13753: rotated / 2 divisors for contexts up to `original` tokens, others for longer ones. */
  | {
      readonly kind: "longrope";
      readonly short: Float32Array;
      readonly long: Float32Array;
      readonly original: number;
      readonly magnitude: number;
    };

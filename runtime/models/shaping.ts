/** What shapes a sequence's logits before a token is picked by them. */
export interface Shaping {
  /** Divides logits of tokens of the prompt and the answer where they are positive, and multiplies them where not. */
  readonly repetitionPenalty: number;
  /** Is taken off the logits of the answer's tokens, once and for each time. */
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** What is added to logits, by token. */
  readonly logitBias: ReadonlyMap<number, number>;
  /** How many of the likeliest tokens are told with each chosen one; undefined where nothing is. */
  readonly logprobs: number | undefined;
  /** The tokens that may come next are said before each. */
  readonly constrained: boolean;
}

/** Whether it is anything but the model's own logits, of which nothing is told. */
export const asksForShaping = (shaping: Shaping): boolean =>
  shaping.repetitionPenalty !== 1 ||
  shaping.presencePenalty !== 0 ||
  shaping.frequencyPenalty !== 0 ||
  shaping.logitBias.size > 0 ||
  shaping.logprobs !== undefined ||
  shaping.constrained;

/** Logits as the model gives them. */
export const NO_SHAPING: Shaping = {
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  logprobs: undefined,
  constrained: false,
};

/** A token and the natural logarithm of its probability. */
export interface TokenLogprob {
  readonly token: number;
  readonly logprob: number;
}

/** The same of a chosen token, and of the tokens that were likeliest. */
export interface ChosenLogprob extends TokenLogprob {
  /** The likeliest first. */
  readonly top: readonly TokenLogprob[];
}

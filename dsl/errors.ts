/** What an error may say besides its code and its problem. */
export interface ErrorDetails {
  /** What to do about it, as a sentence. */
  readonly hint?: string | undefined;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * Every error that TileScript throws of its own accord, whatever its class. Those that pass on what the system said of a file keep the system's
 * error as their `cause`.
 *
 * @example
 * try {
 *   await model.generate(prompt);
 * } catch (error) {
 *   if (!(error instanceof TileScriptError)) throw error;
 *   console.error(error.code, error.problem, error.hint);
 * }
 */
export abstract class TileScriptError extends Error {
  /** For programs; it stays the same when the words change: "gguf-magic", "CUDA_ERROR_OUT_OF_MEMORY", "launch". */
  readonly code: string;
  /** Where and what is wrong: the message without the hint. */
  readonly problem: string;
  /** What to do about it, as a sentence. */
  readonly hint: string | undefined;

  constructor(code: string, problem: string, { hint, cause }: ErrorDetails = {}) {
    const end = /[.?!]$/.test(problem) ? "" : ".";
    super(hint === undefined ? problem : `${problem}${end} ${hint}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problem = problem;
    this.hint = hint;
  }
}

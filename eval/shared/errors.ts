import { TileScriptError } from "../../dsl/errors.js";

/** An evaluation that cannot be done as asked. The message names what is wrong, the hint what would work. */
export class EvaluationError extends TileScriptError {
  override readonly name = "EvaluationError";
  declare readonly hint: string;
  constructor(problem: string, hint: string, options?: { readonly cause?: unknown }) {
    super("eval", problem, { hint, ...options });
  }
}

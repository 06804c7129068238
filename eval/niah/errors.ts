import { TileScriptError } from "../../dsl/errors.js";

/** A needle-in-a-haystack run that cannot be done as asked. The message names what is wrong, the hint what would work. */
export class NiahError extends TileScriptError {
  override readonly name = "NiahError";
  declare readonly hint: string;
  constructor(problem: string, hint: string, options?: { readonly cause?: unknown }) {
    super("niah", problem, { hint, ...options });
  }
}

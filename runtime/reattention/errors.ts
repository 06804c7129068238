import { TileScriptError } from "../../dsl/errors.js";

/** An attention mode that cannot be. The message names the option and what it got, the hint what would fit. */
export class AttentionError extends TileScriptError {
  override readonly name = "AttentionError";
  declare readonly hint: string;
  /** The parameter that is wrong: "kind", "clip", … */
  readonly option: string;

  constructor(option: string, problem: string, hint: string) {
    super("attention", problem, { hint });
    this.option = option;
  }
}

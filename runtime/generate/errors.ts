import { TileScriptError } from "../../dsl/errors.js";

/** What was asked of a generation cannot be done. The message names the option, what it got and what would work. */
export class GenerateError extends TileScriptError {
  override readonly name = "GenerateError";
  readonly option: string;

  constructor(option: string, problem: string, options?: ErrorOptions) {
    super("generate", problem, options);
    this.option = option;
  }
}

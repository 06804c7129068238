import { TileScriptError } from "../../dsl/errors.js";

/** What is wrong with a command's input, as far as the command itself can tell; ends with exit code 1. */
export class InputError extends TileScriptError {
  override readonly name = "InputError";

  constructor(problem: string, hint: string) {
    super("input", problem, { hint });
  }
}

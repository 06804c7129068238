/** What is wrong with a command's input, as far as the command itself can tell; ends with exit code 1. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

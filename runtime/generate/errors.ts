/** What was asked of a generation cannot be done. The message names the option, what it got and what would work. */
export class GenerateError extends Error {
  override readonly name = "GenerateError";
  readonly option: string;

  constructor(option: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.option = option;
  }
}

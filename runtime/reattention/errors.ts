/** An attention mode that cannot be. The message names the option and what it got, the hint what would fit. */
export class AttentionError extends Error {
  override readonly name = "AttentionError";
  /** The parameter that is wrong: "kind", "clip", … */
  readonly option: string;
  readonly hint: string;

  constructor(option: string, message: string, hint: string) {
    super(`${message}. ${hint}`);
    this.option = option;
    this.hint = hint;
  }
}

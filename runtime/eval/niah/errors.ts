/** A needle-in-a-haystack run that cannot be done as asked. The message names what is wrong, the hint what would work. */
export class NiahError extends Error {
  override readonly name = "NiahError";
  readonly hint: string;

  constructor(message: string, hint: string, options?: { readonly cause?: unknown }) {
    super(`${message}. ${hint}`, options);
    this.hint = hint;
  }
}

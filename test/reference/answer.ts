/** What the plain decoder (families/run.py) printed for a model and a prompt. */
export interface Reference {
  readonly model: string;
  readonly tokens: readonly number[];
  /** Of the last position. */
  readonly logits: readonly number[];
  /** Of every position, where that was asked for. */
  readonly every?: readonly (readonly number[])[];
  readonly greedy: readonly number[];
  /** What goes into the head, of every position, where it was asked for. */
  readonly hidden?: readonly (readonly number[])[];
  /** How far ahead of the second each chosen token was. */
  readonly gaps: readonly number[];
}

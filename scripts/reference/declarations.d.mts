export interface Documented {
  readonly name: string;
  readonly doc: string;
  readonly examples: readonly string[];
}

export interface Declaration extends Documented {
  /** Of a function; none of a type. */
  readonly signatures: readonly string[];
  readonly members: readonly Documented[];
}

export function declarations(file: string): readonly Declaration[];

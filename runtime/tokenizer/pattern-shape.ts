/** What a regular expression is made of, as far as the time of its matching depends on it. */
export type Shape =
  /** One character of a class, as JavaScript writes it under the flag v. */
  | { readonly kind: "set"; readonly source: string }
  | { readonly kind: "sequence"; readonly parts: readonly Shape[] }
  | { readonly kind: "choice"; readonly parts: readonly Shape[] }
  | { readonly kind: "repeat"; readonly part: Shape; readonly least: number; readonly most: number }
  /** A look at what is around, which takes no character. */
  | { readonly kind: "look"; readonly part: Shape };

/** A part of a pattern in JavaScript's words. */
export interface PatternPart {
  readonly source: string;
  readonly shape: Shape;
}

const nothing: Shape = { kind: "sequence", parts: [] };

export const oneOf = (source: string): PatternPart => ({ source, shape: { kind: "set", source } });

/** Matches a place. */
export const place = (source: string): PatternPart => ({ source, shape: nothing });

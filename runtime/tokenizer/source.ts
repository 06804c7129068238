/** What a tokenizer is, whichever file it was read from: the one description that `createTokenizer` builds on. */

/** A token that is found in text as a whole, before the rest is cut into words. */
export interface AddedToken {
  readonly id: number;
  readonly text: string;
  /** Only a prompt's author may write it: it ends a turn, names a role, and the like. */
  readonly control: boolean;
  /** It is looked for in normalized text, and not in the text as it comes. */
  readonly normalized?: boolean;
  /** White space before (after) it belongs to it and vanishes. */
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
}

/** Text to text, before words are cut. */
export type TextStep = (text: string) => string;

/** Text to its parts, in order. `first` says whether `text` is the beginning of what is encoded. */
export type WordStep = (text: string, first: boolean) => Iterable<string>;

/** How words become ids: byte-pair encoding in its several kinds. */
export interface PieceModel {
  /** Spellings that merges may produce. */
  readonly pieces: ReadonlyMap<string, number>;
  /**
   * Which neighbours are joined first: those of the least rank, under the key "LEFT RIGHT"; or, as SentencePiece does,
   * those that together spell the piece of the highest score (by id).
   */
  readonly order: { readonly ranks: ReadonlyMap<string, number> } | { readonly scores: readonly number[] };
  /** Words are spelt in GPT-2's alphabet of bytes before merging. */
  readonly byteLevel: boolean;
  /** A word that is a piece is taken whole, without looking for merges. */
  readonly wholeWords?: boolean;
  /** Id of each of the 256 bytes, for characters that are no piece. */
  readonly byteIds?: readonly number[];
  /** For characters that are no piece and have no bytes; without it they vanish. */
  readonly unknownId?: number;
  /** Neighbouring unknown characters are one unknown token. */
  readonly fuseUnknown?: boolean;
}

export interface TokenizerSource {
  /** Path of the file or folder, for errors. */
  readonly file: string;
  /** Spelling of each id; "" where the vocabulary has a gap. */
  readonly tokens: readonly string[];
  readonly added: readonly AddedToken[];
  readonly normalize: TextStep;
  /** Applied one after the other, each to the parts that the former left. */
  readonly words: readonly WordStep[];
  readonly model: PieceModel;
  /** The bytes that a token stands for. */
  readonly bytesOf: (spelling: string, added?: AddedToken) => Uint8Array;
  /** Where encoding puts a space that the text does not have, and decoding takes it out again. */
  readonly spaceBefore: "nothing" | "text" | "every stretch";
  readonly bosId: number | undefined;
  /** Every token that ends a text or a turn; the file's own end-of-text token first. */
  readonly eosIds: readonly number[];
  /** Ids around a whole text. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Jinja source of the chat template. */
  readonly template: string | undefined;
  /** Of the one that tools are told of in, where the model has another for that. */
  readonly toolTemplate?: string | undefined;
}

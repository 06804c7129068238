/** Words to ids: byte-pair encoding, by ranks or by scores. */

import { spell } from "./byte-alphabet.js";
import { Merger } from "./merger.js";
import type { PieceModel } from "./source.js";

/** Text repeats its words: their ids are kept, as long as words are short and not too many. */
const longestKept = 48;
const mostKept = 1 << 16;

const utf8 = new TextEncoder();

export class PieceEncoder {
  readonly #model: PieceModel;
  readonly #merger: Merger;
  readonly #kept = new Map<string, readonly number[]>();

  constructor(model: PieceModel) {
    this.#model = model;
    this.#merger = new Merger(model);
  }

  /** Appends the ids of a word to `ids`. */
  encode(word: string, ids: number[]): void {
    let found = this.#kept.get(word);
    if (!found) {
      found = this.#pieces(this.#model.byteLevel ? spell(word) : word);
      if (word.length <= longestKept) {
        if (this.#kept.size === mostKept) this.#kept.clear();
        this.#kept.set(word, found);
      }
    }
    for (const id of found) ids.push(id);
  }

  #pieces(word: string): number[] {
    const { pieces, wholeWords } = this.#model;
    const whole = wholeWords ? pieces.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const ids: number[] = [];
    let unknown = false;
    this.#merger.merge(word, (id, start, end) => {
      if (id >= 0) ids.push(id);
      unknown = id < 0 && this.#unknown(word.slice(start, end), ids, unknown);
    });
    return ids;
  }

  /** Appends what stands for a character that is no piece; true if that was the unknown token. */
  #unknown(character: string, ids: number[], afterUnknown: boolean): boolean {
    const { byteIds, unknownId, fuseUnknown } = this.#model;
    if (byteIds) {
      for (const byte of utf8.encode(character)) ids.push(byteIds[byte]!);
      return false;
    }
    if (unknownId === undefined) return false;
    if (!(fuseUnknown && afterUnknown)) ids.push(unknownId);
    return true;
  }
}

const space = "▁";

/**
 * Cuts before a space of SentencePiece's spelling where no piece goes on across it, so that merging the parts gives what
 * merging the whole would; undefined if the vocabulary does not allow it.
 */
export function seams({ pieces, wholeWords, byteLevel }: PieceModel): ((text: string) => Iterable<string>) | undefined {
  if (wholeWords || byteLevel || !pieces.has(space)) return undefined;
  const joined = new Set<string>();
  for (const piece of pieces.keys()) {
    for (let at = piece.indexOf(space, 1); at > 0; at = piece.indexOf(space, at + 1)) joined.add(piece[at - 1]!);
  }
  return function* (text) {
    let start = 0;
    for (let at = text.indexOf(space, 1); at > 0; at = text.indexOf(space, at + 1)) {
      if (joined.has(text[at - 1]!)) continue;
      yield text.slice(start, at);
      start = at;
    }
    if (start < text.length) yield text.slice(start);
  };
}

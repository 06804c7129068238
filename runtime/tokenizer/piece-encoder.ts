/** Words to ids: byte-pair encoding, by ranks or by scores. */

import { spell } from "./byte-alphabet.js";
import { type MergeCost, Merger } from "./merger.js";
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
    this.#merger = new Merger(mergeCost(model));
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
    let start = 0;
    let unknown = false;
    for (const end of this.#merger.pieceEnds(word)) {
      const piece = word.slice(start, end);
      const id = pieces.get(piece);
      if (id !== undefined) ids.push(id);
      unknown = id === undefined && this.#unknown(piece, ids, unknown);
      start = end;
    }
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

function mergeCost({ order, pieces }: PieceModel): MergeCost {
  if ("ranks" in order) {
    const { ranks } = order;
    return (word, left, middle, right) =>
      ranks.get(`${word.slice(left, middle)} ${word.slice(middle, right)}`) ?? Number.POSITIVE_INFINITY;
  }
  const { scores } = order;
  return (word, left, _middle, right) => {
    const id = pieces.get(word.slice(left, right));
    return id === undefined ? Number.POSITIVE_INFINITY : -scores[id]!;
  };
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

/** Finds added tokens in text: at each place the longest, from the left. */

import type { AddedToken } from "./source.js";

/** Text between tokens, with its offset in the whole, or a token. */
export type Piece = { readonly text: string; readonly at: number } | { readonly id: number };

/** A node of a tree of UTF-16 units. */
interface Node {
  token?: AddedToken;
  readonly next: Map<number, Node>;
}

export class AddedTokens {
  readonly #root: Node = { next: new Map() };

  constructor(tokens: Iterable<AddedToken>) {
    for (const token of tokens) {
      let node = this.#root;
      for (let i = 0; i < token.text.length; i++) {
        const unit = token.text.charCodeAt(i);
        const next: Node = node.next.get(unit) ?? { next: new Map() };
        node.next.set(unit, next);
        node = next;
      }
      // A text that occurs twice keeps its first token.
      node.token ??= token;
    }
  }

  /** The longest token that `text` has at an offset. */
  at(text: string, offset: number): AddedToken | undefined {
    let longest: AddedToken | undefined;
    let node = this.#root.next.get(text.charCodeAt(offset));
    for (let end = offset + 1; node; end++) {
      longest = node.token ?? longest;
      node = node.next.get(text.charCodeAt(end));
    }
    return longest;
  }

  /** All of `text`, cut at tokens. A token's white space, where it takes it, is left out. */
  cut(text: string): Piece[] {
    const pieces: Piece[] = [];
    let start = 0;
    const push = (end: number) => end > start && pieces.push({ text: text.slice(start, end), at: start });
    if (this.#root.next.size > 0) {
      for (let offset = 0; offset < text.length; ) {
        const token = this.at(text, offset);
        if (!token) {
          offset++;
          continue;
        }
        push(token.lstrip ? spaceStart(text, offset, start) : offset);
        pieces.push({ id: token.id });
        offset += token.text.length;
        if (token.rstrip) offset = spaceEnd(text, offset);
        start = offset;
      }
    }
    push(text.length);
    return pieces;
  }
}

const isSpace = /\p{White_Space}/u;

function spaceStart(text: string, offset: number, least: number): number {
  let start = offset;
  while (start > least && isSpace.test(text[start - 1]!)) start--;
  return start;
}

function spaceEnd(text: string, offset: number): number {
  let end = offset;
  while (end < text.length && isSpace.test(text[end]!)) end++;
  return end;
}

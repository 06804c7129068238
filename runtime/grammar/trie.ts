import type { Automaton } from "./automaton.js";
import { DEAD } from "./automaton.js";

/**
 * The tokens of a vocabulary by their bytes, as a tree whose nodes lie in the order of a walk: each a byte, how deep it is, and where the walk goes on
 * that leaves out what is below it.
 */
export class TokenTree {
  readonly #bytes: Uint8Array;
  readonly #depths: Uint16Array;
  readonly #behind: Int32Array;
  /** Tokens in the order of their bytes, and where those of each node begin. */
  readonly #tokens: Int32Array;
  readonly #firsts: Int32Array;
  readonly #deepest: number;

  /** @param bytesOf undefined for a token that is no text */
  constructor(vocabulary: number, bytesOf: (token: number) => Uint8Array | undefined) {
    const spelled: { readonly token: number; readonly bytes: Uint8Array }[] = [];
    for (let token = 0; token < vocabulary; token++) {
      const bytes = bytesOf(token);
      if (bytes && bytes.length > 0 && bytes.length < 1 << 16) spelled.push({ token, bytes });
    }
    spelled.sort((a, b) => Buffer.compare(a.bytes, b.bytes) || a.token - b.token);
    const [bytes, depths, firsts]: number[][] = [[], [], []];
    let last: Uint8Array = new Uint8Array();
    spelled.forEach((one, index) => {
      for (let depth = shared(last, one.bytes); depth < one.bytes.length; depth++) {
        bytes!.push(one.bytes[depth]!);
        depths!.push(depth);
        // A node on the way to a token has none of its own.
        firsts!.push(index);
      }
      last = one.bytes;
    });
    this.#bytes = Uint8Array.from(bytes!);
    this.#depths = Uint16Array.from(depths!);
    this.#firsts = Int32Array.from([...firsts!, spelled.length]);
    this.#tokens = Int32Array.from(spelled, ({ token }) => token);
    this.#deepest = depths!.reduce((most, depth) => Math.max(most, depth), 0);
    this.#behind = behinds(this.#depths);
  }

  /** Sets the bits of all tokens whose bytes may follow. */
  mark(automaton: Automaton, from: number, into: Uint32Array): void {
    const states = new Int32Array(this.#deepest + 2);
    states[0] = from;
    automaton.begin();
    const count = this.#bytes.length;
    for (let node = 0; node < count; ) {
      const depth = this.#depths[node]!;
      const state = automaton.next(states[depth]!, this.#bytes[node]!);
      if (state === DEAD) {
        node = this.#behind[node]!;
        continue;
      }
      states[depth + 1] = state;
      // Nodes of one token begin at the same place of the list: only the last of them is the token's own.
      const end = this.#firsts[node + 1]!;
      for (let i = this.#firsts[node]!; i < end; i++) {
        const token = this.#tokens[i]!;
        into[token >> 5]! |= 1 << (token & 31);
      }
      node++;
    }
  }
}

const shared = (a: Uint8Array, b: Uint8Array): number => {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
};

/** For each node the first one behind it that is not below it. */
function behinds(depths: Uint16Array): Int32Array {
  const behind = new Int32Array(depths.length).fill(depths.length);
  const open: number[] = [];
  depths.forEach((depth, node) => {
    while (open.length > 0 && depths[open.at(-1)!]! >= depth) behind[open.pop()!] = node;
    open.push(node);
  });
  return behind;
}

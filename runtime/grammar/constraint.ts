import type { Constraint } from "../generate/constraint.js";
import { Automaton, DEAD } from "./automaton.js";
import { formatError } from "./errors.js";
import { KeptMasks } from "./kept-masks.js";
import type { Node } from "./node.js";
import type { TokenTree } from "./trie.js";

/** States and places that are known before a grammar is begun anew for the next answer. */
const MOST_KNOWN = 200_000;

/** A grammar over a vocabulary: what is found out for one answer is known for the next. */
export class Guide {
  readonly #root: Node;
  readonly #tree: TokenTree;
  readonly #words: number;
  readonly #kept: KeptMasks;
  #automaton: Automaton;

  /** @param kept masks of all grammars over the vocabulary */
  constructor(root: Node, tree: TokenTree, vocabulary: number, kept = new KeptMasks()) {
    this.#kept = kept;
    this.#root = root;
    this.#tree = tree;
    this.#words = Math.ceil(vocabulary / 32);
    this.#automaton = new Automaton(root);
  }

  /** What one answer may be. @param bytesOf of a token that is text */
  answer(ends: ReadonlySet<number>, bytesOf: (token: number) => Uint8Array): Constraint {
    if (this.#automaton.size > MOST_KNOWN) {
      this.#kept.drop(this.#automaton);
      this.#automaton = new Automaton(this.#root);
    }
    const automaton = this.#automaton;
    return new AnswerGuide({ automaton, ends, bytesOf, mask: (state) => this.#mask(automaton, state) });
  }

  /** Forgets its masks. */
  drop(): void {
    this.#kept.drop(this.#automaton);
  }

  #mask(automaton: Automaton, state: number): Uint32Array {
    let mask = this.#kept.get(automaton, state);
    if (!mask) {
      mask = new Uint32Array(this.#words);
      this.#tree.mark(automaton, state, mask);
      this.#kept.keep(automaton, state, mask);
    }
    return mask;
  }
}

interface AnswerParts {
  readonly automaton: Automaton;
  readonly ends: ReadonlySet<number>;
  readonly bytesOf: (token: number) => Uint8Array;
  readonly mask: (state: number) => Uint32Array;
}

class AnswerGuide implements Constraint {
  readonly #parts: AnswerParts;
  #state: number;
  #hasEnd = false;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    this.#state = parts.automaton.start;
  }

  mask(into: Uint32Array): boolean {
    const { automaton, ends, mask } = this.#parts;
    const bits = mask(this.#state);
    into.fill(0);
    into.set(bits.subarray(0, into.length));
    const mayEnd = automaton.accepts(this.#state);
    if (mayEnd) for (const end of ends) into[end >> 5]! |= 1 << (end & 31);
    else if (!bits.some((word) => word !== 0))
      throw formatError("the grammar", "no token of the model's vocabulary goes on with what it allows here");
    return true;
  }

  accept(token: number): void {
    const { automaton, ends, bytesOf } = this.#parts;
    if (ends.has(token)) {
      this.#hasEnd = true;
      return;
    }
    let state = this.#state;
    automaton.begin();
    for (const byte of bytesOf(token)) {
      state = automaton.next(state, byte);
      if (state === DEAD) throw formatError("the grammar", `token ${token} came, which it does not allow`);
    }
    this.#state = state;
  }

  get ended(): boolean {
    const { automaton } = this.#parts;
    return this.#hasEnd || (automaton.accepts(this.#state) && !automaton.goesOn(this.#state));
  }
}

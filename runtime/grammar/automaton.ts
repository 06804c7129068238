import { formatError } from "./errors.js";
import type { Node } from "./node.js";

/** Places in a grammar at once. Real ones have some dozens; a grammar that can be read in ever more ways has ever more. */
const MOST_PLACES = 4096;
/** Steps that the masks of one token may take, or all of an automaton that is made of others: about a second. */
const MOST_WORK = 3_000_000;
/** Places and states that are remembered. */
const MOST_REMEMBERED = 2_000_000;

export const DEAD = -1;

interface State {
  /** Places that wait for a byte: leaves of the grammar with what follows them. */
  readonly leaves: readonly number[];
  readonly accepts: boolean;
  /** The state behind each class of bytes; UNKNOWN until it is asked for. */
  readonly next: Int32Array;
}

const UNKNOWN = -2;
const NO_PLACE = -1;

/**
 * Reads bytes by a grammar. What may come is known as a set of places: a place is a node with how far it has got and the place behind it, which is the
 * stack of a pushdown automaton as a list; equal ones are one. So are sets of places, and where a byte leads from one is found once.
 */
export class Automaton {
  readonly start: number;
  readonly #classes: Uint8Array;
  readonly #examples: readonly number[];
  readonly #nodes: (Node | undefined)[] = [];
  readonly #counts: number[] = [];
  readonly #behind: number[] = [];
  readonly #places = new Map<string, number>();
  readonly #states: State[] = [];
  readonly #known = new Map<string, number>();
  #work = 0;

  constructor(root: Node) {
    const { classes, examples } = byteClasses(root);
    this.#classes = classes;
    this.#examples = examples;
    this.start = this.#state((walk) => walk.enter(root, NO_PLACE));
  }

  /** Bytes of one class lead to the same state from every state. */
  get classes(): Uint8Array {
    return this.#classes;
  }

  /** A byte of each class. */
  get examples(): readonly number[] {
    return this.#examples;
  }

  /** States and places that are known by now. */
  get size(): number {
    return this.#states.length + this.#nodes.length;
  }

  /** What follows may take as much work as one token may. */
  begin(): void {
    this.#work = 0;
  }

  /** @throws GenerateError where it takes too much since `begin` */
  next(state: number, byte: number): number {
    const known = this.#states[state]!.next[this.#classes[byte]!]!;
    return known === UNKNOWN ? this.#find(state, byte) : known;
  }

  /** Whether a text may end here. */
  accepts(state: number): boolean {
    return this.#states[state]!.accepts;
  }

  /** Whether any byte may follow. */
  goesOn(state: number): boolean {
    return this.#states[state]!.leaves.length > 0;
  }

  #find(from: number, byte: number): number {
    const { leaves, next } = this.#states[from]!;
    const found = this.#state((walk) => {
      for (const place of leaves) {
        const node = this.#nodes[place]!;
        const behind = this.#behind[place]!;
        if (node.kind === "bytes") {
          if (node.set[byte]) walk.resume(behind);
        } else if (node.kind === "table") {
          const { table } = node;
          const at = table.next[this.#counts[place]! * table.width + table.classes[byte]!]!;
          if (at < 0) continue;
          if (table.goesOn[at]) walk.wait(this.#place(node, at, behind));
          if (table.accepts[at]) walk.resume(behind);
        }
      }
    });
    const { leaves: more, accepts } = this.#states[found]!;
    const to = more.length === 0 && !accepts ? DEAD : found;
    next[this.#classes[byte]!] = to;
    return to;
  }

  /** The state of all places that `begin` leads to. */
  #state(begin: (walk: Walk) => void): number {
    const walk = new Walk((node, count, behind) => this.#place(node, count, behind), this);
    begin(walk);
    this.#work += walk.run(MOST_WORK - this.#work);
    const leaves = [...walk.leaves].sort((a, b) => a - b);
    const key = `${walk.accepts ? "!" : ""}${leaves.join(" ")}`;
    let state = this.#known.get(key);
    if (state === undefined) {
      state = this.#states.length;
      this.#known.set(key, state);
      const next = new Int32Array(this.#examples.length).fill(UNKNOWN);
      this.#states.push({ leaves, accepts: walk.accepts, next });
    }
    return state;
  }

  #place(node: Node, count: number, behind: number): number {
    const key = `${node.id} ${count} ${behind}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#nodes.length;
      if (place + this.#states.length > MOST_REMEMBERED) throw tooMuch("remembered");
      this.#places.set(key, place);
      this.#nodes.push(node);
      this.#counts.push(count);
      this.#behind.push(behind);
    }
    return place;
  }

  /** Of a place: its node, its count, and the place behind it. */
  at(place: number): readonly [node: Node, count: number, behind: number] {
    return [this.#nodes[place]!, this.#counts[place]!, this.#behind[place]!];
  }
}

const tooMuch = (what: string) =>
  formatError("the grammar", `an answer can be read by it in too many ways at once (${what}): make it less ambiguous`);

/** The place of a node with how far it has got, before another place. */
type Placing = (node: Node, count: number, behind: number) => number;

/** All leaves that are reached without a byte. */
class Walk {
  readonly leaves = new Set<number>();
  accepts = false;
  readonly #place: Placing;
  readonly #automaton: Pick<Automaton, "at">;
  readonly #pending: (() => void)[] = [];
  readonly #entered = new Set<number>();
  readonly #resumed = new Set<number>();
  /** The least count with which a repetition of an item that may be empty was come to, by the repetition and what is behind it. */
  readonly #rounds = new Map<string, number>();

  constructor(place: Placing, automaton: Pick<Automaton, "at">) {
    this.#place = place;
    this.#automaton = automaton;
  }

  /** @returns how many steps it took */
  run(most: number): number {
    let steps = 1;
    for (; this.#pending.length > 0; steps++) {
      if (steps > most) throw tooMuch("steps");
      this.#pending.pop()!();
    }
    return steps;
  }

  wait(place: number): void {
    this.leaves.add(place);
    if (this.leaves.size > MOST_PLACES) throw tooMuch("places");
  }

  enter(node: Node, behind: number): void {
    const key = node.id * MOST_REMEMBERED + behind;
    if (this.#entered.has(key)) return;
    this.#entered.add(key);
    this.#pending.push(() => this.#enter(node, behind));
  }

  /** What is behind a node that has come to its end. */
  resume(place: number): void {
    if (place === NO_PLACE) this.accepts = true;
    else if (!this.#resumed.has(place)) {
      this.#resumed.add(place);
      this.#pending.push(() => this.#resume(place));
    }
  }

  #enter(node: Node, behind: number): void {
    if (node.kind === "bytes" || node.kind === "table") {
      this.wait(this.#place(node, 0, behind));
      if (node.kind === "table" && node.table.accepts[0]) this.resume(behind);
    } else if (node.kind === "sequence") this.#item(node, 0, behind);
    else if (node.kind === "choice") for (const option of node.options) this.enter(option, behind);
    else if (node.kind === "repeat") this.#round(node, 0, behind);
    else this.enter(node.body(), behind);
  }

  #resume(place: number): void {
    const [node, count, behind] = this.#automaton.at(place);
    if (node.kind === "sequence") this.#item(node, count, behind);
    else if (node.kind === "repeat") this.#round(node, count, behind);
  }

  #item(node: Node & { kind: "sequence" }, index: number, behind: number): void {
    const { items } = node;
    if (index === items.length) this.resume(behind);
    // The last one needs no place to come back to, or stacks would grow with every element of a list.
    else this.enter(items[index]!, index === items.length - 1 ? behind : this.#place(node, index + 1, behind));
  }

  #round(node: Node & { kind: "repeat" }, count: number, behind: number): void {
    const { item, least, most, canBeEmpty } = node;
    if (count >= least) this.resume(behind);
    if (count >= most) return;
    if (canBeEmpty) {
      const key = `${node.id} ${behind}`;
      if ((this.#rounds.get(key) ?? Number.POSITIVE_INFINITY) <= count) return;
      this.#rounds.set(key, count);
    }
    // Behind the least, without a most, all rounds are alike.
    const next = most === Number.POSITIVE_INFINITY ? Math.min(count + 1, least) : count + 1;
    this.enter(item, this.#place(node, next, behind));
  }
}

/** Bytes that no node tells apart are one class. */
function byteClasses(root: Node): { readonly classes: Uint8Array; readonly examples: readonly number[] } {
  let classes = new Uint8Array(256);
  let count = 1;
  const refine = (of: Uint8Array): void => {
    if (count === 256) return;
    const ids = new Map<number, number>();
    const refined = classes.map((old, byte) => {
      const key = old * 256 + of[byte]!;
      if (!ids.has(key)) ids.set(key, ids.size);
      return ids.get(key)!;
    });
    classes = refined;
    count = ids.size;
  };
  const seen = new Set<number>();
  const open = [root];
  while (open.length > 0) {
    const node = open.pop()!;
    if (seen.has(node.id)) continue;
    seen.add(node.id);
    if (node.kind === "bytes") refine(node.set);
    else if (node.kind === "table") refine(node.table.classes);
    else if (node.kind === "sequence") open.push(...node.items);
    else if (node.kind === "choice") open.push(...node.options);
    else if (node.kind === "repeat") open.push(node.item);
    else open.push(node.body());
  }
  const examples: number[] = [];
  classes.forEach((one, byte) => {
    examples[one] ??= byte;
  });
  return { classes, examples };
}

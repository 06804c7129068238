/** Texts that are in all of some regular languages and in none of others, as one table. */
import { Automaton, DEAD } from "./automaton.js";
import { formatError } from "./errors.js";
import type { Node, Table } from "./node.js";

const MOST_STATES = 20_000;
/** Of all that are made for one grammar. */
const MOST_TOGETHER = 100_000;

/** How many states a grammar's tables have so far. */
export interface StatesMade {
  states: number;
}

/** @returns undefined where there is no such text */
export function intersection(of: readonly Node[], not: readonly Node[], made: StatesMade): Table | undefined {
  const parts = [...of, ...not].map((node) => new Automaton(node));
  const { classes, examples } = jointClasses(parts);
  const width = examples.length;
  const accepting = (states: readonly number[]): boolean =>
    states.every((state, i) => (state !== DEAD && parts[i]!.accepts(state)) === i < of.length);
  const states: number[][] = [parts.map(({ start }) => start)];
  const numbers = new Map([[states[0]!.join(" "), 0]]);
  const next: number[] = [];
  for (let at = 0; at < states.length; at++) {
    if (states.length > MOST_STATES || ++made.states > MOST_TOGETHER)
      throw formatError(
        "the schema",
        "what it says of one text together (patterns, formats, lengths, bounds) needs too large an automaton: say less of it, or shorter lengths",
      );
    for (const byte of examples) {
      const to = states[at]!.map((state, i) => (state === DEAD ? DEAD : parts[i]!.next(state, byte)));
      if (to.slice(0, of.length).includes(DEAD)) {
        next.push(-1);
        continue;
      }
      const key = to.join(" ");
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.push(to) - 1;
        numbers.set(key, number);
      }
      next.push(number);
    }
  }
  return withoutDeadEnds({ classes, width, next, accepts: states.map(accepting) });
}

interface Whole {
  readonly classes: Uint8Array;
  readonly width: number;
  readonly next: readonly number[];
  readonly accepts: readonly boolean[];
}

/** Without states from which no text ends. */
function withoutDeadEnds({ classes, width, next, accepts }: Whole): Table | undefined {
  const before: number[][] = accepts.map(() => []);
  next.forEach((to, i) => {
    if (to >= 0) before[to]!.push(Math.floor(i / width));
  });
  const alive = new Uint8Array(accepts.length);
  const open = accepts.flatMap((one, i) => (one ? [i] : []));
  for (const state of open) alive[state] = 1;
  while (open.length > 0)
    for (const from of before[open.pop()!]!)
      if (!alive[from]) {
        alive[from] = 1;
        open.push(from);
      }
  if (!alive[0]) return undefined;
  const kept = Int32Array.from(next, (to) => (to >= 0 && alive[to] ? to : -1));
  const goesOn = Uint8Array.from(accepts, (_, state) =>
    kept.subarray(state * width, (state + 1) * width).some((to) => to >= 0) ? 1 : 0,
  );
  return { classes, width, next: kept, accepts: Uint8Array.from(accepts, Number), goesOn };
}

function jointClasses(parts: readonly Automaton[]) {
  const ids = new Map<string, number>();
  const examples: number[] = [];
  const classes = Uint8Array.from({ length: 256 }, (_, byte) => {
    const key = parts.map((part) => part.classes[byte]).join(" ");
    if (!ids.has(key)) {
      ids.set(key, ids.size);
      examples.push(byte);
    }
    return ids.get(key)!;
  });
  return { classes, examples };
}

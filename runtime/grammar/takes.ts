import { Automaton, DEAD } from "./automaton.js";
import type { Grammar } from "./expression.js";
import { lower } from "./lower.js";

/** Whether a text is of a grammar: in time that grows with its length alone, whatever the grammar is. */
export function takes(grammar: Grammar, text: string): boolean {
  const automaton = new Automaton(lower(grammar));
  let state = automaton.start;
  for (const byte of new TextEncoder().encode(text)) {
    state = automaton.next(state, byte);
    if (state === DEAD) return false;
  }
  return automaton.accepts(state);
}

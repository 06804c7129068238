import { STATE } from "../../runtime/kernels/sample/record.js";
import { type CaseBuffer, changed } from "./case.js";

/** The state of a sequence before a step: its cells, and −1 between them. */
export function stateBefore({ position, step }: { position: number; step: number }): Int32Array {
  const state = new Int32Array(STATE.length).fill(-1);
  state[STATE.position] = position;
  state[STATE.step] = step;
  return state;
}

/** What a step that picked `token` leaves of it; NaN for what it does not touch. */
export function stateAfter(before: { position: number; step: number; token: number }): Float64Array {
  const want = new Float64Array(STATE.length).fill(Number.NaN);
  want[STATE.position] = before.position + 1;
  want[STATE.token] = before.token;
  want[STATE.step] = before.step + 1;
  return want;
}

export const changedState = (before: { position: number; step: number }, want: Float64Array): CaseBuffer =>
  changed("i32", stateBefore(before), want, 0);

import { load, type Ptr, type Scalar, store } from "tilescript";
import { STATE } from "./record.js";

/*
 * The last kernels of a step: they choose the next token, write it where the next step reads it and into the ring that the host reads,
 * and move the position on. `state` is i32, as STATE says.
 */

/** A sequence's step and position, which only `emit` moves on: they may be read before what is being waited for. */
export const progressOf = (state: Ptr<"i32">): [Scalar<"i32">, Scalar<"i32">] => [
  load(state + STATE.step),
  load(state + STATE.position),
];

/** Writes the chosen token, and the step and position behind these; one program, scalars only. */
export function emit(
  state: Ptr<"i32">,
  ring: Ptr<"i32">,
  token: number,
  ringSize: number,
  [step, position]: [number, number],
) {
  store(state + STATE.token, token);
  store(ring + (step % ringSize), token);
  store(state + STATE.position, position + 1);
  store(state + STATE.step, step + 1);
}

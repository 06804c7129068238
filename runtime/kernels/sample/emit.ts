import { load, type Ptr, store } from "tilescript";
import { STATE } from "./record.js";

/*
 * The last kernels of a step: they choose the next token, write it where the next step reads it and into the ring that the host reads,
 * and move the position on. `state` is i32, as STATE says.
 */

/** Writes the chosen token; one program, scalars only. */
export function emit(state: Ptr<"i32">, ring: Ptr<"i32">, token: number, ringSize: number) {
  const step = load(state + STATE.step);
  store(state + STATE.token, token);
  store(ring + (step % ringSize), token);
  store(state, load(state) + 1);
  store(state + STATE.step, step + 1);
}

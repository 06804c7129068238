import { load, type Ptr, store } from "tilescript";

/*
 * The last kernels of a step: they choose the next token, write it where the next step reads it and into the ring that the host reads,
 * and move the position on. `state` is i32 [12]: position at 0, token at 4, step at 8, so that
 * each is aligned to 16 bytes.
 */

/** Writes the chosen token; one program, scalars only. */
export function emit(state: Ptr<"i32">, ring: Ptr<"i32">, token: number, ringSize: number) {
  const step = load(state + 8);
  store(state + 4, token);
  store(ring + (step % ringSize), token);
  store(state, load(state) + 1);
  store(state + 8, step + 1);
}

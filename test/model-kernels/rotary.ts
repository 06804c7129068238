import type { RotaryTable } from "./reference.js";

/** cos and sin of position · 10000^(−i / half) as f32 holds them, [positions, half]. */
export function rotaryTable(positions: number, half: number): RotaryTable {
  const angle = (_: unknown, at: number) => Math.floor(at / half) * 10000 ** (-(at % half) / half);
  const angles = Float64Array.from({ length: positions * half }, angle);
  return {
    cosine: angles.map((one) => Math.fround(Math.cos(one))),
    sine: angles.map((one) => Math.fround(Math.sin(one))),
  };
}

/** A table of quarter turns, which keep whole numbers whole: pair i at position p is turned p + i times. */
export function quarterTurns(positions: number, half: number): RotaryTable {
  const turns = Array.from({ length: positions * half }, (_, at) => Math.floor(at / half) + (at % half));
  return {
    cosine: Float64Array.from(turns, (turn) => [1, 0, -1, 0][turn % 4]!),
    sine: Float64Array.from(turns, (turn) => [0, 1, 0, -1][turn % 4]!),
  };
}

/** From which context length on one way of attending is faster than another. */

import type { Crossover, LongContextResults, Row } from "./results.js";

/** Times by length, lengths ascending. */
export type Curve = readonly (readonly [tokens: number, time: number])[];

/** A curve between its points: straight where both axes are logarithmic. */
function at(curve: Curve, tokens: number): number {
  const next = curve.findIndex(([length]) => length >= tokens);
  const [x1, y1] = curve[next]!;
  if (x1 === tokens || next === 0) return y1;
  const [x0, y0] = curve[next - 1]!;
  return y0 * (y1 / y0) ** (Math.log(tokens / x0) / Math.log(x1 / x0));
}

/**
 * The length from which on `curve` stays below `other`, within what both were measured for; `beyond` the longest length where it is not below
 * there, `below` the shortest where it is below everywhere. Undefined where no length is within both.
 */
export function crossover(curve: Curve, other: Curve): Crossover | undefined {
  const low = Math.max(curve[0]?.[0] ?? Number.POSITIVE_INFINITY, other[0]?.[0] ?? Number.POSITIVE_INFINITY);
  const high = Math.min(curve.at(-1)?.[0] ?? 0, other.at(-1)?.[0] ?? 0);
  const lengths = [...new Set([...curve, ...other].map(([tokens]) => tokens))]
    .filter((tokens) => tokens >= low && tokens <= high)
    .sort((a, b) => a - b);
  if (lengths.length === 0) return undefined;
  const ahead = lengths.map((tokens) => Math.log(at(other, tokens) / at(curve, tokens)));
  const behind = ahead.findLastIndex((value) => value <= 0);
  if (behind === lengths.length - 1) return { tokens: lengths[behind]!, outside: "beyond" };
  if (behind === -1) return { tokens: lengths[0]!, outside: "below" };
  const [x0, x1] = [lengths[behind]!, lengths[behind + 1]!];
  const share = -ahead[behind]! / (ahead[behind + 1]! - ahead[behind]!);
  return { tokens: Math.round(x0 * (x1 / x0) ** share) };
}

const curveOf = (rows: readonly Row[], attention: string, key: "firstTokenMs" | "tokenMs"): Curve =>
  rows
    .filter((row) => row.attention === attention && row[key] !== undefined)
    .map((row) => [row.tokens, row[key]!] as const)
    .sort((a, b) => a[0] - b[0]);

/** For every windowed mode, from where on it answers earlier, and makes a token faster, than dense attention. */
export function crossovers(rows: readonly Row[]): NonNullable<LongContextResults["crossovers"]> {
  const modes = [...new Set(rows.map(({ attention }) => attention))].filter((mode) => mode !== "dense");
  const against = (mode: string, key: "firstTokenMs" | "tokenMs") =>
    crossover(curveOf(rows, mode, key), curveOf(rows, "dense", key));
  return modes.map((attention) => ({
    attention,
    firstToken: against(attention, "firstTokenMs"),
    token: against(attention, "tokenMs"),
  }));
}

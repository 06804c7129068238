/** From which context length on one way of attending is faster than another. */

import { readInteger } from "../../runtime/integers.js";
import type { Crossover, LongContextResults, Row } from "./results.js";

/** Times by length, lengths ascending. */
export type Curve = readonly (readonly [tokens: number, time: number])[];

/**
 * The length from which on `curve` stays below `other`, of those that both were measured for; `beyond` the longest of them where it is not below
 * there, `below` the shortest where it is below everywhere. Undefined where there is none. Between two lengths, curves are straight where both axes
 * are logarithmic.
 */
export function crossover(curve: Curve, other: Curve): Crossover | undefined {
  const times = new Map(other);
  const both = curve.filter(([tokens]) => times.has(tokens));
  if (both.length === 0) return undefined;
  const lengths = both.map(([tokens]) => tokens);
  const ahead = both.map(([tokens, time]) => Math.log(times.get(tokens)! / time));
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

/**
 * Whether a windowed mode sees all tokens at every length that it and dense attention were measured for: global and local part hold them, so
 * that both attend to the same keys, and what differs in time is chance.
 */
export function holdsAll(rows: readonly Row[], mode: string): boolean {
  const parameter = (name: string) => readInteger(new RegExp(`\\b${name}=([^,]+)`).exec(mode)?.[1] ?? "0") ?? 0;
  const seen = parameter("global") + parameter("local");
  const dense = new Set(rows.filter(({ attention }) => attention === "dense").map(({ tokens }) => tokens));
  const both = rows.filter(({ attention, tokens }) => attention === mode && dense.has(tokens));
  return both.length > 0 && both.every(({ tokens }) => tokens <= seen);
}

/** For every windowed mode, from where on it answers earlier, and makes a token faster, than dense attention. */
export function crossovers(rows: readonly Row[]): NonNullable<LongContextResults["crossovers"]> {
  const modes = [...new Set(rows.map(({ attention }) => attention))].filter((mode) => mode !== "dense");
  const against = (mode: string, key: "firstTokenMs" | "tokenMs") =>
    holdsAll(rows, mode) ? undefined : crossover(curveOf(rows, mode, key), curveOf(rows, "dense", key));
  return modes.map((attention) => ({
    attention,
    firstToken: against(attention, "firstTokenMs"),
    token: against(attention, "tokenMs"),
  }));
}

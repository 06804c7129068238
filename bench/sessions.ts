/** Tokens a second of a model that answers several at once. */

import type { Generation } from "../runtime/generate/generation.js";
import { Model } from "../runtime/models/model.js";
import { type Environment, environment, median } from "./environment.js";

export interface SessionsBench {
  readonly path: string;
  readonly device: "cuda" | "cpu";
  /** How many answer at once, one measurement each. */
  readonly sessions: readonly number[];
  /** Tokens of an answer. */
  readonly decode: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

export interface SessionsRow {
  readonly sessions: number;
  /** Of all together, while all of them write. */
  readonly tokensPerSecond: number;
  /** Of all together, from the first call to the last token: their prompts are read in that time. */
  readonly wholeTokensPerSecond: number;
  /** The median of their first tokens, and the last one. */
  readonly firstTokenMs: number;
  readonly lastFirstTokenMs: number;
}

export interface SessionsResults extends Environment {
  readonly decode: number;
  readonly rows: readonly SessionsRow[];
}

/** The first one takes what happens once: recording steps, and a GPU loading modules. */
const ROUNDS = { cuda: 3, cpu: 1 } as const;

export async function benchSessions(bench: SessionsBench): Promise<SessionsResults> {
  const { path, device, sessions, decode, signal, onProgress } = bench;
  using model = await Model.load({ path, device, sequences: Math.max(...sessions), signal });
  const rows: SessionsRow[] = [];
  for (const count of sessions) {
    onProgress?.(`${count} at once`);
    const rounds: SessionsRow[] = [];
    for (let round = 0; round <= ROUNDS[device]; round++)
      rounds.push(await atOnce(model, count, round, decode, signal));
    const measured = rounds.slice(1).sort((a, b) => a.tokensPerSecond - b.tokensPerSecond);
    rows.push(measured[measured.length >> 1]!);
  }
  return { ...environment(model.device), decode, rows };
}

async function atOnce(model: Model, count: number, round: number, maxTokens: number, signal: AbortSignal | undefined) {
  const began = performance.now();
  const times = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const prompt = `Write a very long story about the number ${1000 * round + index}.`;
      return arrivals(model.generate(prompt, { maxTokens, signal }));
    }),
  );
  const all = times.flat();
  // All of them write from the last first token to the first last one.
  const [from, to] = [Math.max(...times.map((one) => one[0]!)), Math.min(...times.map((one) => one.at(-1)!))];
  const firsts = times.map((one) => one[0]! - began);
  const within = all.filter((time) => time > from && time <= to).length;
  return {
    sessions: count,
    tokensPerSecond: (within / (to - from)) * 1000,
    wholeTokensPerSecond: (all.length / (Math.max(...all) - began)) * 1000,
    firstTokenMs: median(firsts),
    lastFirstTokenMs: Math.max(...firsts),
  };
}

/** When each piece came. */
async function arrivals(generation: Generation): Promise<number[]> {
  const times: number[] = [];
  for await (const _ of generation) times.push(performance.now());
  return times;
}

export function sessionsTable({ rows }: SessionsResults): string {
  const columns = ["sessions", "tokens/s", "per session", "with prompts", "first token"];
  const lines = rows.map(({ sessions, tokensPerSecond, wholeTokensPerSecond, firstTokenMs }) => [
    String(sessions),
    tokensPerSecond.toFixed(0),
    (tokensPerSecond / sessions).toFixed(1),
    wholeTokensPerSecond.toFixed(0),
    `${firstTokenMs.toFixed(0)} ms`,
  ]);
  return [columns, ...lines].map((line) => line.map((cell) => cell.padStart(13)).join("")).join("\n");
}

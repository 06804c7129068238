/** Tokens a second of a model that answers several at once, ours and the continuous batching of Hugging Face transformers in one run. */

import type { Generation } from "../runtime/generate/generation.js";
import { Model } from "../runtime/models/model.js";
import { type Environment, environment, median } from "./environment.js";
import { type Absent, measurePeer, notAskedFor } from "./peers.js";

export interface SessionsBench {
  readonly path: string;
  readonly device: "cuda" | "cpu";
  /** How many answer at once, one measurement each. */
  readonly sessions: readonly number[];
  /** Tokens of an answer. */
  readonly decode: number;
  readonly peer: boolean;
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
  readonly peer: SessionsPeer | Absent;
}

export interface SessionsPeer {
  readonly name: string;
  readonly torch: string;
  readonly attention: string;
  readonly rows: readonly SessionsRow[];
}

/** When each token of each answer came, in milliseconds from the call on. */
type Arrivals = readonly (readonly number[])[];

/** The first one takes what happens once: recording steps, and a GPU loading modules. */
const ROUNDS = { cuda: 3, cpu: 1 } as const;

export async function benchSessions(bench: SessionsBench): Promise<SessionsResults> {
  const { where, rows } = await ours(bench);
  bench.onProgress?.("Measuring transformers");
  const peer = bench.peer ? await transformers(bench) : notAskedFor("transformers");
  return { ...where, decode: bench.decode, rows, peer };
}

async function ours({ path, device, sessions, decode, signal, onProgress }: SessionsBench) {
  using model = await Model.load({ path, device, sequences: Math.max(...sessions), signal });
  const rows: SessionsRow[] = [];
  for (const count of sessions) {
    onProgress?.(`${count} at once`);
    const rounds: Arrivals[] = [];
    for (let round = 0; round <= ROUNDS[device]; round++)
      rounds.push(await atOnce(model, count, round, decode, signal));
    rows.push(medianRow(rounds.slice(1)));
  }
  return { where: environment(model.device), rows };
}

async function transformers({ path, device, sessions, decode, signal }: SessionsBench): Promise<SessionsPeer | Absent> {
  const options = { model: path, sessions: sessions.join(), decode, rounds: ROUNDS[device] };
  const peer = await measurePeer<
    Omit<SessionsPeer, "rows"> & { readonly rounds: Readonly<Record<string, Arrivals[]>> }
  >(
    "transformers",
    "transformers_sessions.py",
    Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    signal,
  );
  if ("absent" in peer) return peer;
  const { rounds, ...rest } = peer;
  return { ...rest, rows: sessions.map((count) => medianRow(rounds[count]!)) };
}

function atOnce(
  model: Model,
  count: number,
  round: number,
  maxTokens: number,
  signal?: AbortSignal,
): Promise<Arrivals> {
  const began = performance.now();
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const prompt = `Write a very long story about the number ${1000 * round + index}.`;
      return arrivals(model.generate(prompt, { maxTokens, signal }), began);
    }),
  );
}

const medianRow = (rounds: readonly Arrivals[]): SessionsRow =>
  rounds.map(rowOf).sort((a, b) => a.tokensPerSecond - b.tokensPerSecond)[rounds.length >> 1]!;

function rowOf(times: Arrivals): SessionsRow {
  const all = times.flat();
  const firsts = times.map((one) => one[0]!);
  // All of them write from the last first token to the first last one.
  const [from, to] = [Math.max(...firsts), Math.min(...times.map((one) => one.at(-1)!))];
  const within = all.filter((time) => time > from && time <= to).length;
  return {
    sessions: times.length,
    tokensPerSecond: (within / (to - from)) * 1000,
    wholeTokensPerSecond: (all.length / Math.max(...all)) * 1000,
    firstTokenMs: median(firsts),
    lastFirstTokenMs: from,
  };
}

/** When each piece came. */
async function arrivals(generation: Generation, began: number): Promise<number[]> {
  const times: number[] = [];
  for await (const _ of generation) times.push(performance.now() - began);
  return times;
}

export function sessionsTable({ rows, peer }: SessionsResults): string {
  const columns = ["sessions", "tokens/s", "per session", "with prompts", "first token"];
  const lines = (of: readonly SessionsRow[]) =>
    of.map(({ sessions, tokensPerSecond, wholeTokensPerSecond, firstTokenMs }) => [
      String(sessions),
      tokensPerSecond.toFixed(0),
      (tokensPerSecond / sessions).toFixed(1),
      wholeTokensPerSecond.toFixed(0),
      `${firstTokenMs.toFixed(0)} ms`,
    ]);
  const table = (body: readonly (readonly string[])[]) =>
    body.map((line) => line.map((cell) => cell.padStart(13)).join("")).join("\n");
  const theirs =
    "absent" in peer ? `${peer.name} not measured: ${peer.absent}` : `${peer.name}\n${table(lines(peer.rows))}`;
  return `${table([columns, ...lines(rows)])}\n${theirs}`;
}

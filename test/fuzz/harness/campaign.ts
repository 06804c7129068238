/** Fuzzing for as long as one likes: goes on behind a fault, and counts what it finds. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FoundTarget, findTargets } from "./targets.js";
import { type FaultKind, type FoundFault, watch } from "./watch.js";

export interface CampaignOptions {
  readonly minutes: string;
  /** All of them where none is named. */
  readonly target: readonly string[];
  readonly seed?: string;
  /** Where the table goes as JSON; what it says of other targets stays. */
  readonly json?: string;
  /** The folder that inputs go to, each in a file. Default: the messages have them. */
  readonly faults?: string;
}

interface Row {
  readonly target: string;
  inputs: number;
  peakBytes: number;
  seconds: number;
  readonly faults: Map<string, FoundFault & { times: number }>;
}

/** A target gets its turn again and again, so that a table that is ended early is fair. */
const turnSeconds = 60;

interface ResultRow {
  readonly target: string;
  readonly commit: string;
  readonly seed: number;
  readonly [key: string]: unknown;
}

export async function campaign({ minutes, target, seed, json, faults }: CampaignOptions): Promise<number> {
  const targets = wanted(target);
  const first = seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed);
  console.log(`seed ${first}`);
  const ends = Date.now() + Number(minutes) * 60_000;
  const rows = targets.map(
    ({ name }): Row => ({ target: name, inputs: 0, peakBytes: 0, seconds: 0, faults: new Map() }),
  );
  for (let next = first, turn = 0; Date.now() < ends; turn++) {
    const index = turn % targets.length;
    const share = (ends - Date.now()) / 1000 / (turn < targets.length ? targets.length - index : 1);
    // What is alone keeps its process, which gets faster for minutes.
    const most = targets.length === 1 ? Number.POSITIVE_INFINITY : turnSeconds;
    const deadline = Date.now() + Math.min(most, share) * 1000;
    do {
      const began = Date.now();
      const outcome = await watch(targets[index]!, {
        kind: "run",
        seed: next++,
        seconds: Math.max(1, (deadline - Date.now()) / 1000),
      });
      const row = rows[index]!;
      row.inputs += outcome.inputs;
      row.seconds += (Date.now() - began) / 1000;
      row.peakBytes = Math.max(row.peakBytes, outcome.peakBytes);
      if (outcome.fault) note(row, outcome.fault, faults);
    } while (Date.now() < deadline - 2000);
  }
  print(rows);
  if (json !== undefined) writeJson(json, asJson(rows, first));
  return rows.some((row) => row.faults.size > 0) ? 1 : 0;
}

/** Tries the input in a file once more. */
export async function tryAgain({ target, input }: { target: readonly string[]; input: string }): Promise<number> {
  const found = wanted(target);
  if (target.length !== 1) throw new Error("--input needs one --target");
  const { fault, replayed } = await watch(found[0]!, {
    kind: "replay",
    inputs: [JSON.parse(readFileSync(input, "utf8"))],
  });
  console.log(
    fault ? `${fault.kind}: ${fault.message}` : (replayed[0]?.stack ?? replayed[0]?.message ?? "nothing is wrong"),
  );
  return fault ? 1 : 0;
}

function wanted(names: readonly string[]): FoundTarget[] {
  const all = findTargets();
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no target ${unknown}; there are ${all.map(({ name }) => name).join(", ")}`);
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

function note({ target, faults }: Row, fault: FoundFault, folder: string | undefined): void {
  // Numbers and quoted texts differ from input to input where the fault is the same.
  const key = `${fault.kind} ${fault.what.replace(/"(?:[^"\\]|\\.)*"|\d+/g, "…").slice(0, 200)}`;
  const known = faults.get(key);
  const smaller =
    (fault.input?.length ?? Number.POSITIVE_INFINITY) < (known?.input?.length ?? Number.POSITIVE_INFINITY);
  faults.set(key, { ...(known && !smaller ? known : fault), times: (known?.times ?? 0) + 1 });
  if (known && !smaller) return;
  if (!known) console.log(`${target}: ${fault.kind}: ${shortened(fault.message)}`);
  if (folder === undefined || fault.input === undefined) return;
  mkdirSync(folder, { recursive: true });
  const number = [...faults.keys()].indexOf(key);
  writeFileSync(join(folder, `${target}-${number}.json`), fault.input);
}

const shortened = (text: string): string =>
  text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length} characters)` : text;

const count = (row: Row, ...kinds: FaultKind[]): number =>
  [...row.faults.values()].filter(({ kind }) => kinds.includes(kind)).length;

function writeJson(path: string, rows: readonly ResultRow[]): void {
  const before: readonly ResultRow[] = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).targets : [];
  const others = before.filter(({ target }) => !rows.some((row) => row.target === target));
  const targets = [...others, ...rows].sort((a, b) => (a.target < b.target ? -1 : 1));
  writeFileSync(path, `${JSON.stringify({ date: new Date().toISOString(), targets }, null, 2)}\n`);
}

function asJson(rows: readonly Row[], seed: number) {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
  return rows.map((row) => ({
    target: row.target,
    commit: stdout.trim(),
    seed,
    inputs: row.inputs,
    seconds: Math.round(row.seconds),
    errors: count(row, "error"),
    crashes: count(row, "crash"),
    hangs: count(row, "hang", "memory"),
    peakMiB: Math.round(row.peakBytes / 2 ** 20),
    faults: [...row.faults.values()].map(({ kind, what, times, input }) => ({ kind, what, times, input })),
  }));
}

function print(rows: readonly Row[]): void {
  const targets = asJson(rows, 0);
  const columns = ["target", "inputs", "seconds", "errors", "crashes", "hangs", "peakMiB"] as const;
  console.log(`| ${columns.join(" | ")} |\n| --- |${" ---: |".repeat(columns.length - 1)}`);
  for (const row of targets)
    console.log(`| ${columns.map((column) => row[column].toLocaleString("en")).join(" | ")} |`);
}

/** The plain decoder agrees with transformers on every family, and a GGUF file says the same as the folder it came from. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { referencePython } from "./python.js";

interface Answer {
  readonly family: string;
  readonly tokens: readonly number[];
  readonly greedy: readonly number[];
  readonly logits: readonly number[];
}

interface Entry {
  readonly model: string;
  readonly logits: readonly number[];
  readonly greedy: readonly number[];
}

/** What transformers says; of the logits every 27th. */
const answers: readonly Answer[] = JSON.parse(
  readFileSync(new URL("../fixtures/families.json", import.meta.url), "utf8"),
);
const EVERY = 27;

const withNumpy = referencePython("numpy");
const program = (name: string) => new URL(name, import.meta.url).pathname;
const print = async (...args: string[]) => (await execa(withNumpy!, args)).stdout;

/** What was asked of a model before: each has one answer. */
const entries = new Map<string, Promise<Entry>>();

async function ask(model: string, { tokens, greedy }: Answer): Promise<Entry> {
  const steps = ["--tokens", tokens.join(","), "--greedy", String(greedy.length)];
  const [entry] = JSON.parse(await print(program("families/run.py"), model, ...steps)) as Entry[];
  return entry!;
}

function run(model: string, answer: Answer): Promise<Entry> {
  const entry = entries.get(model) ?? ask(model, answer);
  entries.set(model, entry);
  return entry;
}

const farthest = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.runIf(withNumpy)("tiny models", () => {
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tiny-models-"));
    await print(program("make_tiny_models.py"), "--all", "--out", folder, "--type", "bf16");
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("cover the families of the fixture", async () => {
    const listed = (await print(program("make_tiny_models.py"), "--list")).split("\n");
    expect(answers.map(({ family }) => family)).toEqual(listed);
  });

  it.each(answers)("$family: numpy computes what transformers does", async (answer) => {
    const entry = await run(join(folder, answer.family), answer);
    const some = entry.logits.filter((_, id) => id % EVERY === 0);
    expect(some).toHaveLength(answer.logits.length);
    // Logits range over about 50; the fixture has three digits behind the point.
    expect(farthest(some, answer.logits)).toBeLessThan(1e-3);
    expect(entry.greedy).toEqual(answer.greedy);
  });

  it("say the same as GGUF files", async () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".gguf"));
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) {
      const answer = answers.find(({ family }) => family === basename(file, ".gguf"))!;
      const [stored, original] = await Promise.all(
        [file, answer.family].map((name) => run(join(folder, name), answer)),
      );
      expect(farthest(stored!.logits, original!.logits), file).toBeLessThan(1e-4);
    }
  }, 60_000);
});

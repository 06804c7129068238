/**
 * Every family on the GPU: logits and greedy tokens against Hugging Face transformers in float32. TILESCRIPT_PEER_PYTHON, else python3, has
 * numpy, torch and transformers.
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Device, Model } from "../../runtime/index.js";
import type { Reference } from "../reference/answer.js";
import { bundle } from "./devices.js";
import { type FamilyRun, PROMPTS, runReference, runsOf, STEPS, WINDOWED_MODELS, writeFamilies } from "./family-runs.js";

/** Logits may be so far from the reference's, as a part of their range, and tokens differ where two logits are so near. */
const FARTHEST = 2e-2;
const NEAR_TIE = 0.25;
const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };
const python = process.env.TILESCRIPT_PEER_PYTHON ?? "python3";

/** Their angles change with the length of the text, while a cache has one set of them: the prompt alone is compared, in a context of its length. */
const STRETCHED = ["llama-dynamic", "internlm2"];
/** Trained for 64 tokens, up to which the file says the same: GGUF has no word for this scaling. */
const UNSTRETCHED = "internlm2.gguf";
const root = mkdtempSync(join(tmpdir(), "tiny-models-"));
// Written first: the tests' names follow from it.
const names = await writeFamilies(python, root);
const folders = names.filter((name) => !name.endsWith(".gguf"));
let device: Device;
let answers: Reference[] = [];

before(async () => {
  device = await Device.open({ prefer: "cuda" });
  const paths = folders.map((name) => join(root, name));
  // Prompts whose routing is no close call are drawn in numpy, and asked of transformers.
  const drawn = PROMPTS.flatMap((length) => ["--draw", String(length)]);
  const entries = join(root, "entries.json");
  writeFileSync(entries, await runReference(python, "families/run.py", [...paths, ...drawn]));
  const asked = ["--entries", entries, "--greedy", String(STEPS), "--dtype", "float32"];
  answers = JSON.parse(await runReference(python, "transformers_reference.py", asked));
});
after(() => {
  device?.close();
  rmSync(root, { recursive: true, force: true });
});

async function withModel(name: string, run: FamilyRun, use: (model: Model) => Promise<void>): Promise<void> {
  const options = { path: join(root, name), device, bundle: bundle("families"), beyondTrained: true };
  const model = await Model.load({ ...options, ...run });
  try {
    await use(model);
  } finally {
    model.close();
  }
}

const answersOf = (name: string): Reference[] => {
  const mine = answers.filter(({ model }) => basename(model) === basename(name, ".gguf"));
  assert.equal(mine.length, PROMPTS.length);
  return mine;
};

async function read({ runner }: Model, { tokens }: Reference, steps: number) {
  runner.grow(Math.min(runner.capacity, tokens.length + steps));
  await runner.prefill(tokens, 0, GREEDY);
  await runner.arrived();
  const logits = await runner.logits();
  const chosen = [runner.token(0)];
  for (let step = 1; step < steps; step++) {
    runner.step();
    await runner.arrived();
    chosen.push(runner.token(step));
  }
  return { logits, chosen };
}

function assertAgreement(
  { config }: Model,
  { logits: expected, greedy, gaps }: Reference,
  { logits, chosen }: Awaited<ReturnType<typeof read>>,
): void {
  const range = Math.max(...expected) - Math.min(...expected);
  const distances = [...logits.subarray(0, config.tokens)].map((logit, id) => Math.abs(logit - expected[id]!) / range);
  // NaN is not below anything.
  const far = distances.findIndex((distance) => !(distance < FARTHEST));
  assert.ok(far < 0, `logit ${far} is ${logits[far]} and not ${expected[far]}, ${distances[far]} of the range away`);
  const parted = chosen.findIndex((id, step) => id !== greedy[step]);
  const sure = parted >= 0 && gaps[parted]! >= NEAR_TIE;
  assert.ok(!sure, `token ${parted} is ${chosen[parted]} and not ${greedy[parted]}, which was ${gaps[parted]} ahead`);
}

describe("logits and tokens are those of transformers", () => {
  for (const name of names) {
    const [dense] = runsOf(name);
    if (STRETCHED.includes(name))
      test(name, async () => {
        for (const answer of answersOf(name))
          await withModel(name, { ...dense!, context: answer.tokens.length }, async (model) =>
            assertAgreement(model, answer, await read(model, answer, 1)),
          );
      });
    else
      test(name, () =>
        withModel(name, dense!, async (model) => {
          const most = name === UNSTRETCHED ? 64 - STEPS : model.context;
          for (const answer of answersOf(name).filter(({ tokens }) => tokens.length <= most))
            assertAgreement(model, answer, await read(model, answer, STEPS));
        }),
      );
  }
});

describe("a window that holds everything is dense attention", () => {
  for (const name of WINDOWED_MODELS)
    test(name, () => {
      const [whole, windowedRun] = runsOf(name);
      return withModel(name, windowedRun!, async (model) => {
        const [short] = answersOf(name);
        const tokens = short!.tokens.slice(0, 20);
        const windowed = await read(model, { ...short!, tokens }, STEPS);
        await withModel(name, whole!, async (dense) => {
          const { logits, chosen } = await read(dense, { ...short!, tokens }, STEPS);
          assertAgreement(
            model,
            { ...short!, logits: [...logits], greedy: chosen, gaps: chosen.map(() => 1) },
            windowed,
          );
        });
        // Longer ones select: whatever they say, it is numbers, and the same again.
        const [first, again] = [
          await read(model, answersOf(name)[1]!, STEPS),
          await read(model, answersOf(name)[1]!, STEPS),
        ];
        assert.ok(first.logits.subarray(0, model.config.tokens).every(Number.isFinite));
        assert.deepEqual(again, first);
      });
    });
});

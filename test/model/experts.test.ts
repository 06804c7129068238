/** Tiny mixtures of experts answer as the numpy reference (test/reference/families) does: prompts read in one chunk and in two, then steps. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { Model } from "../../runtime/models/model.js";
import type { ModelSequence } from "../../runtime/models/runner.js";
import type { Reference } from "../reference/answer.js";
import { askReference, writeTinyModels } from "./tiny-models.js";

interface Entry extends Reference {
  /** Of each token of prompt and continuation, in router logits; null where every expert is used. */
  readonly margins: readonly (number | null)[];
}

const STEPS = 16;
/** bfloat16 may choose another token, or other experts, where two are nearer than this. */
const NEAR = { gap: 0.5, margin: 0.1 };
/** Of the logits' range. */
const TOLERANCE = 0.015;

const CASES: readonly [family: string, types: readonly string[], options: string][] = [
  ["qwen3moe", ["bf16", "f16", "q8_0"], ""],
  ["qwen3moe-raw", [], ""],
  ["mixtral", ["bf16"], ""],
  // Widths that are no whole blocks, one expert that all go through, and all experts used.
  ["mixtral", ["f16"], "--hidden 176 --feed-forward 72 --heads 11/1 --head-size 16"],
  ["qwen3moe", [], "--set num_experts=1 --set num_experts_per_tok=1"],
  ["qwen3moe", [], "--set num_experts=5 --set num_experts_per_tok=5"],
  ["qwen3moe-raw", [], "--set mlp_only_layers=[0,2] --set num_experts=33"],
];

/** Steps up to the first that may rightly go another way. */
function sureSteps({ tokens, gaps, margins }: Entry): number {
  const tie = gaps.findIndex((gap, step) => {
    // A token is chosen after the one before it was routed.
    const margin = margins[tokens.length + step - 1];
    return gap < NEAR.gap || (typeof margin === "number" && margin < NEAR.margin);
  });
  return tie < 0 ? gaps.length : tie;
}

/** The logits of the token after the prompt, and the tokens that follow, each the most likely. */
async function answer(runner: ModelSequence, tokens: readonly number[]) {
  await runner.prefill(tokens, 0, { temperature: 0, topK: 1, topP: 1, seed: 0 });
  const logits = await runner.logits();
  runner.grow(tokens.length + STEPS);
  for (let step = 1; step < STEPS; step++) runner.step();
  await runner.arrived();
  return { logits, greedy: Array.from({ length: STEPS }, (_, step) => runner.token(step)) };
}

describe("mixtures of experts", () => {
  let root = "";
  let device: CpuDevice;
  let answers: readonly Entry[] = [];
  const folderOf = (index: number, type: string) => join(root, `${index}-${type}`);
  const pathsOf = (index: number, types: readonly string[]) => [
    join(folderOf(index, types[0] ?? "folder"), "model"),
    ...types.map((type) => join(folderOf(index, type), "model.gguf")),
  ];
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "experts-"));
    device = await CpuDevice.open();
    await writeTinyModels(
      CASES.flatMap(([family, types, options], index) =>
        types.length === 0
          ? [{ folder: folderOf(index, "folder"), family, options, gguf: false }]
          : types.map((type) => ({ folder: folderOf(index, type), family, options: `--type ${type} ${options}` })),
      ),
    );
    const paths = CASES.flatMap(([, types], index) => pathsOf(index, types));
    answers = (await askReference(paths, { draw: [40, 150], greedy: STEPS })) as Entry[];
  }, 120_000);
  afterAll(() => {
    device?.close();
    rmSync(root, { recursive: true, force: true });
  });

  it.each(CASES.map((one, index) => [...one, index] as const))(
    "%s, also as GGUF of %j, with %j",
    async (_family, types, _options, index) => {
      for (const path of pathsOf(index, types)) {
        const entries = answers.filter(({ model }) => model === path);
        expect(entries).toHaveLength(2);
        using model = await Model.load({ path, device, context: 256 });
        for (const entry of entries) {
          const { logits, greedy } = await answer(model.runner, entry.tokens);
          const range = Math.max(...entry.logits) - Math.min(...entry.logits);
          const farthest = Math.max(...entry.logits.map((logit, id) => Math.abs(logit - logits[id]!)));
          const sure = sureSteps(entry);
          expect(sure, "steps that are no close calls").toBeGreaterThanOrEqual(8);
          expect(farthest / range, path).toBeLessThan(TOLERANCE);
          expect(greedy.slice(0, sure), path).toEqual(entry.greedy.slice(0, sure));
        }
      }
    },
  );

  it("every second layer may be stated by its step, or by a list of the others", async () => {
    const made = ["listed", "stepped"].map((name) => join(root, name));
    const options = "--set mlp_only_layers=[0,2]";
    await writeTinyModels(made.map((folder) => ({ folder, family: "qwen3moe-raw", options, gguf: false })));
    const folders = made.map((folder) => join(folder, "model"));
    const config = join(folders[1]!, "config.json");
    const stepped = { ...JSON.parse(readFileSync(config, "utf8")), mlp_only_layers: [], decoder_sparse_step: 2 };
    writeFileSync(config, JSON.stringify(stepped));
    const [first, second] = folders.map((path) => {
      using files = openModelFiles(path);
      return files.config;
    });
    expect(first!.experts?.dense).toEqual({ layers: new Set([0, 2]), feedForward: 256 });
    expect(second!.experts).toEqual(first!.experts);
    expect(second!.feedForward).toBe(96);
  });
});

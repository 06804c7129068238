/** Tiny mixtures of experts answer as the numpy reference (test/reference/families) does: prompts read in one chunk and in two, then steps. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openModelFiles } from "../../runtime/models/load.js";
import type { Reference } from "../reference/answer.js";
import { referencePython } from "../reference/python.js";
import { answer, CpuModels } from "./from-sources.js";

interface Entry extends Reference {
  /** Of each token of prompt and continuation, in router logits; null where every expert is used. */
  readonly margins: readonly (number | null)[];
}

const STEPS = 16;
/** bfloat16 may choose another token, or other experts, where two are nearer than this. */
const NEAR = { gap: 0.5, margin: 0.1 };
/** Of the logits' range. */
const TOLERANCE = 0.015;

const withNumpy = referencePython("numpy");
const program = (name: string) => new URL(`../reference/${name}`, import.meta.url).pathname;
const print = async (...args: string[]) => (await execa(withNumpy!, args)).stdout;

/** Steps up to the first that may rightly go another way. */
function sureSteps({ tokens, gaps, margins }: Entry): number {
  const tie = gaps.findIndex((gap, step) => {
    // A token is chosen after the one before it was routed.
    const margin = margins[tokens.length + step - 1];
    return gap < NEAR.gap || (typeof margin === "number" && margin < NEAR.margin);
  });
  return tie < 0 ? gaps.length : tie;
}

describe.runIf(withNumpy)("mixtures of experts", () => {
  let folder = "";
  let models: CpuModels;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "experts-"));
    models = await CpuModels.open();
  }, 60_000);
  afterAll(() => {
    models?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["qwen3moe", ["bf16", "f16", "q8_0"], []],
    ["qwen3moe-raw", [], []],
    ["mixtral", ["bf16"], []],
    // Widths that are no whole blocks, one expert that all go through, and all experts used.
    ["mixtral", ["f16"], ["--hidden", "176", "--feed-forward", "72", "--heads", "11/1", "--head-size", "16"]],
    ["qwen3moe", [], ["--set", "num_experts=1", "--set", "num_experts_per_tok=1"]],
    ["qwen3moe", [], ["--set", "num_experts=5", "--set", "num_experts_per_tok=5"]],
    ["qwen3moe-raw", [], ["--set", "mlp_only_layers=[0, 2]", "--set", "num_experts=33"]],
  ] as const)(
    "%s, also as GGUF of %j, with %j",
    async (family, types, changes) => {
      const whole = join(folder, family);
      const paths: string[] = [whole];
      if (types.length === 0) await print(program("make_tiny_models.py"), family, "--out", whole, ...changes);
      for (const type of types) {
        const file = `${whole}.${type}.gguf`;
        await print(program("make_tiny_models.py"), family, "--out", whole, "--gguf", file, "--type", type, ...changes);
        paths.push(file);
      }
      const draws = ["--draw", "40", "--draw", "150", "--greedy", `${STEPS}`];
      const answers = JSON.parse(await print(program("families/run.py"), ...paths, ...draws)) as Entry[];
      for (const path of paths) {
        const entries = answers.filter(({ model }) => model === path);
        expect(entries).toHaveLength(2);
        const runner = await models.runner(path, 256);
        for (const entry of entries) {
          const { logits, greedy } = await answer(runner, entry.tokens, STEPS);
          const range = Math.max(...entry.logits) - Math.min(...entry.logits);
          const farthest = Math.max(...entry.logits.map((logit, id) => Math.abs(logit - logits[id]!)));
          const sure = sureSteps(entry);
          expect(sure, "steps that are no close calls").toBeGreaterThanOrEqual(8);
          expect(farthest / range, path).toBeLessThan(TOLERANCE);
          expect(greedy.slice(0, sure), path).toEqual(entry.greedy.slice(0, sure));
        }
        runner.close();
      }
    },
    120_000,
  );

  it("every second layer may be stated by its step, or by a list of the others", async () => {
    const folders = ["listed", "stepped"].map((name) => join(folder, name));
    for (const path of folders)
      await print(program("make_tiny_models.py"), "qwen3moe-raw", "--out", path, "--set", "mlp_only_layers=[0, 2]");
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

import type { ModelConfig } from "../runtime/models/config.js";
import { describeModel } from "../runtime/models/families/index.js";
import { type NeededBuild, usualBuilds } from "../runtime/models/usual-builds.js";
import type { LayerPlan, WeightsPlan } from "../runtime/models/weights-plan.js";
import { checkpointOf, FORMATS } from "./checkpoint.js";
import { RELEASED } from "./released.js";

/** As llama.cpp's converter leaves q and k of the llama family, whose rows are brought back into order when they are loaded. */
function reordered(plan: WeightsPlan, { heads, kvHeads, headSize }: ModelConfig): WeightsPlan {
  const [q, k] = [heads, kvHeads].map((count) => new Int32Array(count * headSize));
  const layer = (one: LayerPlan): LayerPlan => {
    const parts = one.qkv.parts.map((part, index) => (index < 2 ? { ...part, order: [q!, k!][index] } : part));
    return { ...one, qkv: { ...one.qkv, parts } };
  };
  return { ...plan, layers: plan.layers.map(layer) };
}

/** What the released models are run with on an architecture, in each format that they are published in. */
export async function familyBuilds(
  arch: number,
  models: readonly string[] = Object.keys(RELEASED),
): Promise<NeededBuild[]> {
  const builds = new Map<string, NeededBuild>();
  for (const name of models)
    for (const format of Object.keys(FORMATS)) {
      using checkpoint = checkpointOf(name, RELEASED[name]!, format);
      const { config, weights } = describeModel(checkpoint);
      const permuted =
        format !== "BF16" && config.architecture === "llama" && weights.layers[0]!.qkv.parts.length === 3;
      const plan = permuted ? reordered(weights, config) : weights;
      for (const build of await usualBuilds({ checkpoint, config, plan }, arch))
        builds.set(JSON.stringify(build), build);
    }
  return [...builds.values()];
}

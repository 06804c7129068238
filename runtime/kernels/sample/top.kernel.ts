import { bitcast, type Const, gdcLaunchDependents, gdcWait, type Int, kernel, load, type Ptr } from "tilescript";
import { drawToken } from "./draw.js";
import { emit, progressOf } from "./emit.js";

/** One draw by a sequence's chances and choices; see `drawToken`. One program. */
export const sampleTop = kernel(
  (p: {
    logits: Ptr<"f32">;
    state: Ptr<"i32">;
    ring: Ptr<"i32">;
    count: Int;
    ringSize: Int;
    /** [1 / temperature, topP, log minP] */
    chances: Ptr<"f32">;
    /** [topK, seed] */
    choices: Ptr<"i32">;
    BLOCK: Const<"BLOCK">;
  }) => {
    const progress = progressOf(p.state);
    gdcWait();
    gdcLaunchDependents();
    const inverseTemperature = load(p.chances);
    const topP = load(p.chances + 1);
    const logMinP = load(p.chances + 2);
    const topK = load(p.choices);
    const seed = bitcast(load(p.choices + 1), "u32");
    const token = drawToken({ ...p, inverseTemperature, logMinP, topK, topP }, seed);
    emit(p.state, p.ring, token, p.ringSize, progress);
  },
  { defaults: { warps: 32, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

import type { Kernel } from "../../compiler/ir/index.js";
import type { TileType } from "../../compiler/ops/index.js";
import { inferTypes } from "../../compiler/passes/index.js";
import { CASES, kernelOf, type OpCase } from "../compiler/ops/cases.js";

/** A case of the ops' tests as a kernel of the GPU tests' bundle. */
export interface OpKernel {
  readonly title: string;
  readonly kernel: Kernel;
  readonly operands: OpCase["operands"];
  readonly results: readonly TileType[];
}

/** Names of kernels are names of functions: `dot f16 {"axis":0}` becomes `op17_dot_f16_axis_0`. */
const nameOf = (title: string, index: number): string =>
  `op${index}_${title.replace(/[^A-Za-z0-9]+/g, "_").replace(/_+$/, "")}`;

/** Every op on every dtype that its tests have, each as one kernel. Buffers are aligned there, so one variant is enough. */
export const opKernels: readonly OpKernel[] = CASES.map((one, index) => {
  const { draft, results } = kernelOf(one);
  const builds = draft.builds.map((build) => ({ ...build, alignment: "required" as const }));
  return {
    title: one.title,
    kernel: inferTypes({ ...draft, name: nameOf(one.title, index), builds }).kernel,
    operands: one.operands,
    results,
  };
});

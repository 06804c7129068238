import { noBuilds, sameName } from "../diagnostics/catalogue/build.js";
import type { Diagnostic } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { lacksBuilds } from "./plan.js";

function* withoutBuilds(kernels: readonly Kernel[]): Generator<Diagnostic> {
  for (const kernel of kernels.filter(lacksBuilds)) {
    const constants = kernel.params.filter((param) => param.kind === "const").map((param) => param.name);
    yield noBuilds(kernel.span, { kernel: kernel.name, open: [...constants, ...Object.keys(kernel.dtypes)] });
  }
}

function* withTakenNames(kernels: readonly Kernel[]): Generator<Diagnostic> {
  const files = new Map<string, string>();
  for (const { name, file, span } of kernels) {
    const other = files.get(name);
    if (other !== undefined && other !== file) yield sameName(span, { kernel: name, other });
    files.set(name, other ?? file);
  }
}

/** What is wrong with the kernels of a bundle taken together, beyond what `check` finds in each. */
export const bundleProblems = (kernels: readonly Kernel[]): Diagnostic[] => [
  ...withTakenNames(kernels),
  ...withoutBuilds(kernels),
];

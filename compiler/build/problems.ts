import { noBuilds, sameName } from "../diagnostics/catalogue/build.js";
import { type Diagnostic, mergeDiagnostics } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { lacksBuilds } from "./plan.js";

/** Kernels that nothing can be made of. A generic one stands once for each choice of dtypes; it may be built for some of them only. */
export function* withoutBuilds(kernels: readonly Kernel[]): Generator<Diagnostic> {
  const built = new Set(kernels.filter((kernel) => !lacksBuilds(kernel)).map(({ name }) => name));
  const firsts = new Map([...kernels].reverse().map((kernel) => [kernel.name, kernel]));
  for (const { name, span, params, dtypes } of [...firsts.values()].reverse()) {
    if (built.has(name)) continue;
    const constants = params.filter((param) => param.kind === "const").map((param) => param.name);
    yield noBuilds(span, { kernel: name, constants, dtypes: Object.keys(dtypes) });
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

/** What is wrong with the kernels of a bundle beyond what `check` finds in each. */
export const bundleProblems = (kernels: readonly Kernel[]): readonly Diagnostic[] =>
  mergeDiagnostics([...withTakenNames(kernels), ...withoutBuilds(kernels)]);

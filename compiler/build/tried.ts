import { attempt, type Diagnostic, DiagnosticError } from "../diagnostics/index.js";
import { Budget, type Kernel } from "../ir/index.js";
import { specialize } from "../passes/index.js";
import { buildsOf } from "./plan.js";

/** What shows only once the constants have values: impossible sizes, assertions that do not hold. */
export function* buildProblems(
  kernels: readonly Kernel[],
  workOf: (kernel: Kernel) => Budget = () => new Budget("work"),
): Generator<Diagnostic> {
  for (const kernel of kernels)
    for (const build of buildsOf(kernel)) {
      const found: Diagnostic[] = [];
      try {
        attempt(
          kernel.span,
          (problem) => found.push(problem),
          () => specialize(kernel, build, workOf(kernel)),
        );
        yield* found;
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        const values = Object.entries(build.constants).map(([name, value]) => `${name} = ${value}`);
        const note = { message: `in the build with ${values.join(", ") || "no constants"}` };
        yield* error.diagnostics.map((one) => ({ ...one, notes: [...one.notes, note] }));
      }
    }
}

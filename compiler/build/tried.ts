import { attempt, type Diagnostic, DiagnosticError } from "../diagnostics/index.js";
import { Budget, type Kernel } from "../ir/index.js";
import { specialize } from "../passes/index.js";
import { buildsOf } from "./plan.js";

/** What shows only once the constants have values: impossible sizes, assertions that do not hold, and what a kernel prints. */
export function* buildProblems(
  kernels: readonly Kernel[],
  workOf: (kernel: Kernel) => Budget = () => new Budget("work"),
): Generator<Diagnostic> {
  for (const kernel of kernels)
    for (const build of buildsOf(kernel)) {
      const found: Diagnostic[] = [];
      const values = Object.entries(build.constants).map(([name, value]) => `${name} = ${value}`);
      const note = { message: `in the build with ${values.join(", ") || "no constants"}` };
      try {
        attempt(
          kernel.span,
          (problem) => found.push(problem),
          () =>
            specialize(kernel, build, workOf(kernel), (printed) => {
              found.push(values.length === 0 ? printed : { ...printed, notes: [note] });
            }),
        );
        yield* found;
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        yield* found;
        yield* error.diagnostics.map((one) => ({ ...one, notes: [...one.notes, note] }));
      }
    }
}

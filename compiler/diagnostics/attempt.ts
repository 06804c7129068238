import { LimitExceeded, placed, type Span } from "../ir/index.js";
import { beyondLimit, internalError } from "./catalogue/limits.js";
import { type Diagnostic, DiagnosticError } from "./diagnostic.js";

/**
 * Runs a stage on a kernel. What ends it is a problem with a place, whatever it was: a limit, where it was reached, or a fault of the
 * compiler itself, at the kernel; the other kernels go on. `report` gets it, and the result is null.
 */
export function attempt<T>(span: Span, report: (problem: Diagnostic) => void, stage: () => T): T | null {
  try {
    return placed(() => span, stage);
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    if (error instanceof LimitExceeded) report(beyondLimit(error.span ?? span, { limit: error.limit }));
    else report(internalError(span, { message: error instanceof Error ? error.message : String(error) }));
    return null;
  }
}

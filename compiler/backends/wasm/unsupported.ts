import { TileScriptError } from "../../../dsl/errors.js";
import type { Span } from "../../ir/index.js";

/** IR that breaks the invariants the executor relies on: a fault of the compiler, not of the kernel's author. */
export class ExecutorError extends TileScriptError {
  override readonly name = "ExecutorError";
  readonly span: Span | undefined;
  constructor(message: string, span?: Span) {
    super("executor", span ? `${span.file}:${span.line}:${span.column}: ${message}` : message);
    this.span = span;
  }
}

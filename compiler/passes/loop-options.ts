import { loopOption } from "../diagnostics/catalogue/types.js";
import type { Attrs, Span } from "../ir/index.js";
import type { InferContext } from "../ops/index.js";

/** Reports numbers of a loop's options that are too small, as far as they are known. */
export function checkLoopOptions(options: Attrs, span: Span, context: InferContext): void {
  for (const [option, value] of Object.entries(options)) {
    const number = Array.isArray(value) ? value[0] : undefined;
    if (typeof number === "number" && number < 1) context.fail(loopOption(span, { option, value: number }));
  }
}

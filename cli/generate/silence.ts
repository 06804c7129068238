import type { GenerationResult } from "../../runtime/index.js";
import { colours } from "../report/colours.js";

/** A line on stderr for an answer that has nothing in it: without one it would look like a fault. */
export function noteSilence({ tokens, stopReason }: GenerationResult): void {
  if (stopReason === "stop" || tokens.length > 0) return;
  process.stderr.write(`${colours(process.stderr).dim("The answer is empty: the model ended its turn at once.")}\n`);
}

import type { GenerationResult } from "../runtime/index.js";
import { findDamage, openCheckpoint } from "../runtime/weights/index.js";
import { colours } from "./colours.js";
import type { Progress } from "./progress.js";

/**
 * Looks into an answer that has nothing in it but the vocabulary's first token, or nothing at all: that is what damaged weights give,
 * because no token is likelier than another where no logit is a number. Throws ModelError where they are; else an empty answer costs a
 * line on stderr.
 */
export async function explainSilence(
  { tokens, stopReason }: GenerationResult,
  path: string,
  { line, signal }: { readonly line: Progress; readonly signal?: AbortSignal },
): Promise<void> {
  if (stopReason === "stop" || tokens.some((token) => token !== 0)) return;
  line.show("The answer is empty: looking for damaged weights");
  using model = openCheckpoint(path);
  const damage = await findDamage(model, signal);
  line.clear();
  if (damage) throw damage;
  if (tokens.length > 0) return;
  process.stderr.write(`${colours(process.stderr).dim("The answer is empty: the model ended its turn at once.")}\n`);
}

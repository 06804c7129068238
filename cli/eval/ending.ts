import { colours } from "../report/colours.js";
import { plural } from "../report/progress.js";

/** Says why questions of a run have no answer, and where results are. Gives the exit code: 1 where there is such a question. */
export function endOf(errors: readonly string[], files: readonly string[]): number {
  const pc = colours(process.stderr);
  const subject = `${plural(errors.length, "question")} ${errors.length === 1 ? "has" : "have"}`;
  if (errors.length > 0)
    process.stderr.write(`${pc.red("error:")} ${subject} no answer. ${[...new Set(errors)].join("\n")}\n`);
  process.stderr.write(`${pc.dim(`written: ${files.join(", ")}`)}\n`);
  return errors.length > 0 ? 1 : 0;
}

import { colours } from "../report/colours.js";
import { plural } from "../report/progress.js";

/** Says why parts of a run have no result, and where results are. Gives the exit code: 1 where there is such a part. */
export function endOf(
  errors: readonly string[],
  files: readonly string[],
  part = "question",
  result = "answer",
): number {
  const pc = colours(process.stderr);
  const subject = `${plural(errors.length, part)} ${errors.length === 1 ? "has" : "have"}`;
  if (errors.length > 0)
    process.stderr.write(`${pc.red("error:")} ${subject} no ${result}. ${[...new Set(errors)].join("\n")}\n`);
  process.stderr.write(`${pc.dim(`written: ${files.join(", ")}`)}\n`);
  return errors.length > 0 ? 1 : 0;
}

interface Stopped {
  /** "answer" or "score". */
  readonly result: string;
  /** Results that the file has, and of this command's those that are still to come. */
  readonly kept: number;
  readonly left: number;
  readonly all: number;
  readonly file: string;
}

/** Says that a run was stopped, and what is left of it. */
export function tellStopped({ result, kept, left, all, file }: Stopped): void {
  process.stderr.write(
    `Stopped with ${plural(kept, result)} in ${file}; ${left} of ${all} are left, and the same command goes on with them.\n`,
  );
}

import { makeWritableFolder } from "../../compiler/make-folder.js";
import { InputError } from "../report/errors.js";
import { systemText } from "../report/report.js";

/**
 * Makes the folder for results and tries to write there, before anything is measured.
 * @throws InputError that names --out, the folder and the cause
 */
export function requireFolder(out: string): void {
  writingTo(out, () => makeWritableFolder(out));
}

/** Runs `work`, which writes into the folder of --out; what the system says of a failure becomes an InputError. */
export function writingTo<Result>(out: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const failed = error as NodeJS.ErrnoException;
    const cause = failed.code === "EEXIST" ? "there is a file of that name" : systemText(failed);
    if (cause === undefined) throw error;
    throw new InputError(
      `--out: results cannot be written to the folder ${out}: ${cause}`,
      "Name a folder that you may write to with --out.",
    );
  }
}

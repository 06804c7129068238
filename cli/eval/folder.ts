import { makeWritableFolder } from "../../compiler/make-folder.js";
import { InputError } from "../report/errors.js";
import { systemText } from "../report/report.js";

/** Why a folder takes no files, where what the system says of a file would mislead. */
const CAUSES: Readonly<Record<string, string>> = {
  EEXIST: "it is a file, not a folder",
  ENOENT: "it takes no files",
};

/**
 * Makes the folder where results go, before anything is asked: hours of work are not to end with an answer that cannot be kept.
 * @throws InputError
 */
export function ensureResultsFolder(folder: string): void {
  try {
    makeWritableFolder(folder);
  } catch (error) {
    const failed = error as NodeJS.ErrnoException;
    throw new InputError(
      `results cannot be written into the folder of --out, ${folder}: ${CAUSES[failed.code ?? ""] ?? systemText(failed) ?? failed.message}`,
      "Give --out a folder that you may write to.",
    );
  }
}

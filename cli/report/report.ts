import { DiagnosticError } from "../../compiler/diagnostics/index.js";
import { TileScriptError } from "../../dsl/errors.js";
import { colours } from "./colours.js";
import { printable } from "./printable.js";

/** Errors of JavaScript itself and of its runtime: where one of these arrives here, the fault is ours or the script's, not the input's. */
const pc = colours(process.stderr);

const UNTYPED = new Set([
  "Error",
  "TypeError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "AssertionError",
  "AggregateError",
]);

/** What the system says of files, for people: a code alone means nothing to most. */
const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder, not a file",
  ENXIO: "it is a socket, or a device that is not there",
  ENOTDIR: "a part of the path is a file, not a folder",
  ENOSPC: "the disk is full",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its symbolic links lead in a circle",
  EIO: "the system cannot read or write it",
};

/** What the system says of an error of its own; undefined for all others. */
export const systemText = ({ code, syscall, message }: NodeJS.ErrnoException): string | undefined =>
  code === undefined || syscall === undefined ? undefined : (SYSTEM[code] ?? message);

function problemOf(error: Error): string {
  if (error instanceof TileScriptError) return error.problem;
  const { code, path } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : SYSTEM[code];
  return known && path ? `${path}: ${known}` : error.message;
}

/** Shows an error on stderr and gives the exit code: 1, because whatever got here was about the user's program or input. */
export async function report(error: unknown, verbose: boolean): Promise<number> {
  const write = (text: string): void => void process.stderr.write(`${text}\n`);
  if (error instanceof DiagnosticError) {
    const { showDiagnostics } = await import("./diagnostics.js");
    showDiagnostics(error.diagnostics, process.stderr, error.root);
  } else if (error instanceof Error) {
    write(`${pc.red("error:")} ${printable(problemOf(error), process.stderr)}`);
    if (error instanceof TileScriptError && error.hint) write(`${pc.cyan("hint:")} ${error.hint}`);
    if (UNTYPED.has(error.name) && systemText(error) === undefined && !verbose)
      write(pc.dim("--verbose shows where this comes from"));
  } else write(`${pc.red("error:")} ${String(error)}`);
  if (verbose && error instanceof Error) {
    write(pc.dim(error.stack ?? ""));
    for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
      write(pc.dim(`caused by ${cause.stack}`));
    if ("detail" in error && typeof error.detail === "string") write(pc.dim(error.detail));
  }
  return 1;
}

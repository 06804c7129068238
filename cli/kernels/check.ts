import { check } from "../../compiler/check.js";
import { diagnosticsToJson, isError } from "../../compiler/diagnostics/index.js";
import { createFrontend, type Frontend } from "../../compiler/frontend/index.js";
import { EXPORT_A_KERNEL } from "../../compiler/no-kernels.js";
import { colours } from "../report/colours.js";
import { showDiagnostics } from "../report/diagnostics.js";
import { InputError } from "../report/errors.js";
import { duration, plural } from "../report/progress.js";
import { report, systemText } from "../report/report.js";
import { kernelFiles } from "./files.js";
import { WatchedFolders } from "./watched-folders.js";

interface CheckRequest {
  readonly paths: readonly string[];
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly signal: AbortSignal;
}

/** Checks once and shows what was found; gives the exit code and the files to watch. */
function checkOnce(
  { paths, json }: CheckRequest,
  frontend: Frontend,
): { readonly code: number; readonly sources: readonly string[] } {
  const started = performance.now();
  const files = kernelFiles(paths);
  const { kernels, diagnostics, sources } = check(files, { frontend });
  // A misspelled import of the language also leaves no kernel: that must not look like success.
  const none = kernels.length === 0 && !diagnostics.some(isError);
  const code = none || diagnostics.some(isError) ? 1 : 0;
  if (json) console.log(JSON.stringify(diagnosticsToJson(diagnostics), null, 2));
  else {
    if (diagnostics.length > 0) showDiagnostics(diagnostics, process.stdout);
    const names = new Set(kernels.map(({ name }) => name)).size;
    if (code === 0)
      console.log(
        `${colours(process.stdout).green("✓")} ${plural(names, "kernel")} in ${plural(files.length, "file")} (${duration(performance.now() - started)})`,
      );
  }
  if (none) process.stderr.write(`error: there are no kernels in ${files.join(", ")}\nhint: ${EXPORT_A_KERNEL}\n`);
  return { code, sources };
}

/** Checks kernel files, again and again with `--watch`. Gives 1 if the last check found an error. */
export async function checkFiles(request: CheckRequest): Promise<number> {
  const frontend = createFrontend();
  let began = Date.now();
  let result = checkOnce(request, frontend);
  if (!request.watch) return result.code;
  using watched = new WatchedFolders();
  watched.follow(result.sources, began);
  while (await watched.change(request.signal)) {
    console.log(colours(process.stdout).dim(`\n${new Date().toLocaleTimeString()} checking again`));
    began = Date.now();
    try {
      result = checkOnce(request, frontend);
    } catch (error) {
      // Deleted, or between an editor's rename and the next: it may come back.
      if (!(error instanceof InputError) && systemText(error as NodeJS.ErrnoException) === undefined) throw error;
      result = { ...result, code: await report(error, false) };
    }
    watched.follow(result.sources, began);
  }
  return result.code;
}

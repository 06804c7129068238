import { once } from "node:events";
import { watch } from "node:fs";
import { dirname } from "node:path";
import { check } from "../compiler/check.js";
import { type Diagnostic, diagnosticsToJson } from "../compiler/diagnostics/index.js";
import { createFrontend, type Frontend } from "../compiler/frontend/index.js";
import { EXPORT_A_KERNEL } from "../compiler/no-kernels.js";
import { colours } from "./colours.js";
import { showDiagnostics } from "./diagnostics.js";
import { kernelFiles } from "./kernel-files.js";
import { duration, plural } from "./progress.js";

interface CheckRequest {
  readonly paths: readonly string[];
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly signal: AbortSignal;
}

/** Changes come in bursts: an editor writes a file in several steps. */
const SETTLE_MS = 50;

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

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

/** Resolves when anything changes in the folders of the sources, once it is quiet again. */
async function change(sources: readonly string[], signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const changed = new EventTarget();
  const folders = [...new Set(sources.map((source) => dirname(source)))];
  const watchers = folders.map((folder) => watch(folder, () => changed.dispatchEvent(new Event("change"))));
  try {
    await Promise.race([
      once(changed, "change", { signal: stop.signal }),
      once(signal, "abort", { signal: stop.signal }),
    ]);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  } finally {
    stop.abort();
    for (const watcher of watchers) watcher.close();
  }
}

/** Checks kernel files, again and again with `--watch`. Gives 1 if the last check found an error. */
export async function checkFiles(request: CheckRequest): Promise<number> {
  const frontend = createFrontend();
  let result = checkOnce(request, frontend);
  while (request.watch && !request.signal.aborted) {
    await change(result.sources, request.signal);
    if (request.signal.aborted) break;
    console.log(colours(process.stdout).dim(`\n${new Date().toLocaleTimeString()} checking again`));
    result = checkOnce(request, frontend);
  }
  return result.code;
}

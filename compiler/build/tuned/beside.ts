import { join } from "node:path";
import type { KernelEntry } from "../../bundle/index.js";
import { tunedBuilds, tunedDamaged, tunedStale } from "../../diagnostics/catalogue/build.js";
import type { Diagnostic } from "../../diagnostics/index.js";
import type { Kernel, Span } from "../../ir/index.js";
import { type Measured, measuredOf, readTuned, TunedFault, type TunedFile, tunedPath } from "./file.js";
import { fingerprintOf } from "./kernel-fingerprint.js";
import { winnersOf } from "./winners.js";

/** What was measured of kernels, as the files beside them say. */
export interface Beside {
  /** The files, whether they are there or not. */
  readonly paths: readonly string[];
  readonly problems: readonly Diagnostic[];
  /** What goes into the manifest of a kernel. Says of what is no build any more. */
  tuned(entry: Pick<KernelEntry, "name" | "builds" | "tune" | "variants">): KernelEntry["tuned"];
}

const at = (file: string, line: number): Span => ({ file, line, column: 1, endLine: line, endColumn: 2 });

/** Reads the files beside the kernels'. A damaged one is an error at its place; what is of another text is a warning and left out. */
export function measuredBeside(kernels: readonly Kernel[], project: string): Beside {
  const problems: Diagnostic[] = [];
  const files = new Map<string, TunedFile | undefined>();
  const read = (file: string): TunedFile | undefined => {
    const name = tunedPath(file);
    if (files.has(name)) return files.get(name);
    let found: TunedFile | undefined;
    try {
      found = readTuned(join(project, name));
    } catch (error) {
      if (!(error instanceof TunedFault)) throw error;
      problems.push(tunedDamaged(at(name, error.line), { message: error.message }));
    }
    files.set(name, found);
    return found;
  };
  const measured = new Map<string, { readonly kernel: Kernel; readonly all: readonly Measured[] }>();
  for (const kernel of kernels) {
    if (measured.has(kernel.name)) continue;
    const file = read(kernel.file);
    const known = file && measuredOf(file, kernel.name);
    if (known === undefined) continue;
    const current = fingerprintOf(kernels.filter(({ name, file }) => name === kernel.name && file === kernel.file));
    const isStale = known.fingerprint !== current;
    if (isStale) problems.push(tunedStale(kernel.span, { kernel: kernel.name, file: tunedPath(kernel.file) }));
    measured.set(kernel.name, { kernel, all: isStale ? [] : known.measured });
  }
  return {
    paths: [...files.keys()].map((name) => join(project, name)),
    problems,
    tuned(entry) {
      const found = measured.get(entry.name);
      if (!found || found.all.length === 0) return undefined;
      const { kernel, all } = found;
      const { tuned, lost } = winnersOf(entry, all);
      if (lost > 0)
        problems.push(tunedBuilds(kernel.span, { kernel: kernel.name, lost, file: tunedPath(kernel.file) }));
      return tuned.length > 0 ? tuned : undefined;
    },
  };
}

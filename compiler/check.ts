import { withoutBuilds } from "./build/problems.js";
import { buildProblems } from "./build/tried.js";
import { type Diagnostic, isError, mergeDiagnostics } from "./diagnostics/index.js";
import { createFrontend, type Frontend } from "./frontend/index.js";
import { Budget, type Kernel } from "./ir/index.js";
import { inferTypes } from "./passes/index.js";

export interface CheckOptions {
  /** Folder that file names in diagnostics and IR are relative to. Default: the current directory. */
  readonly project?: string;
  /** A frontend to keep between calls, as `check --watch` does. Default: one that this process shares. */
  readonly frontend?: Frontend;
  /** False leaves the kernels' builds untried: what shows only once the constants have values is then not found. Default true. */
  readonly builds?: boolean;
}

export interface Checked {
  /** Typed kernels, one for each choice of dtypes; those with errors have parts of type `unknown`. */
  readonly kernels: readonly Kernel[];
  /** Every problem of every file, in the order of the sources. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of the files that were read, imports included. */
  readonly sources: readonly string[];
}

/** What is left to do for a kernel, in all its choices of dtypes. */
function workOf({ file, name }: Kernel, known: Map<string, Budget>): Budget {
  const key = `${file}#${name}`;
  const work = known.get(key) ?? new Budget("work");
  known.set(key, work);
  return work;
}

let shared: Frontend | undefined;

/** Reads and types kernels: everything the compiler knows of them without Python. */
export function check(files: readonly string[], { project, frontend, builds = true }: CheckOptions = {}): Checked {
  shared ??= createFrontend();
  const { drafts, diagnostics, sources } = (frontend ?? shared).lower(files, { root: project });
  const work = new Map<string, Budget>();
  const typed = drafts.map((draft) => inferTypes(draft, workOf(draft, work)));
  const kernels = typed.map(({ kernel }) => kernel);
  // A kernel with a mistake would say it again in each of its builds, in other words.
  const sound = diagnostics.some(isError) ? [] : typed.filter((one) => !one.diagnostics.some(isError));
  const whole = sound.map(({ kernel }) => kernel);
  const tried = builds ? [...withoutBuilds(whole), ...buildProblems(whole, (kernel) => workOf(kernel, work))] : [];
  const all = [...diagnostics, ...typed.flatMap((one) => one.diagnostics), ...tried];
  return { kernels, diagnostics: mergeDiagnostics(all), sources };
}

import { withoutBuilds } from "./build/problems.js";
import { buildProblems } from "./build/tried.js";
import { type Diagnostic, isError, mergeDiagnostics } from "./diagnostics/index.js";
import { createFrontend, type Frontend, type LoweredFile } from "./frontend/index.js";
import { Budget, type Kernel } from "./ir/index.js";
import { inferTypes } from "./passes/index.js";

/** What checking is relative to, and what it keeps. */
export interface CheckOptions {
  /** Folder that file names in diagnostics and IR are relative to. Default: the current directory. */
  readonly project?: string;
  /** A frontend to keep between calls, as `check --watch` does. Default: one that this process shares. */
  readonly frontend?: Frontend;
  /** False leaves the kernels' builds untried: what shows only once the constants have values is then not found. Default true. */
  readonly builds?: boolean;
}

/** What checking found. */
export interface Checked {
  /** Typed kernels, one for each choice of dtypes; those with errors have parts of type `unknown`. */
  readonly kernels: readonly Kernel[];
  /** Every problem of every file, in the order of the sources. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of the files that were read, imports included. */
  readonly sources: readonly string[];
}

interface Typed {
  readonly kernels: readonly Kernel[];
  readonly diagnostics: readonly Diagnostic[];
  /** What is wrong with its builds. */
  tried(): readonly Diagnostic[];
}

/** What is known of files that did not change since. */
const known = new WeakMap<LoweredFile, Typed>();

function typedFile(file: LoweredFile): Typed {
  const typed = known.get(file) ?? typeFile(file);
  known.set(file, typed);
  return typed;
}

function typeFile({ drafts, diagnostics }: LoweredFile): Typed {
  // What is left to do for a kernel, in all its choices of dtypes.
  const work = new Map(drafts.map(({ name }) => [name, new Budget("work")]));
  const workOf = ({ name }: Kernel): Budget => work.get(name)!;
  const typed = drafts.map((draft) => inferTypes(draft, workOf(draft)));
  let tried: readonly Diagnostic[] | undefined;
  return {
    kernels: typed.map(({ kernel }) => kernel),
    diagnostics: typed.flatMap((one) => one.diagnostics),
    tried() {
      // A kernel with a mistake would say it again in each of its builds, in other words.
      const sound = diagnostics.some(isError) ? [] : typed.filter((one) => !one.diagnostics.some(isError));
      const whole = sound.map(({ kernel }) => kernel);
      tried ??= [...withoutBuilds(whole), ...buildProblems(whole, workOf)];
      return tried;
    },
  };
}

let shared: Frontend | undefined;

/** Reads and types kernels: everything the compiler knows of them without Python. */
export function check(files: readonly string[], { project, frontend, builds = true }: CheckOptions = {}): Checked {
  shared ??= createFrontend();
  const lowered = (frontend ?? shared).lower(files, { root: project });
  const typed = lowered.files.map(typedFile);
  const found = typed.flatMap((file) => [...file.diagnostics, ...(builds ? file.tried() : [])]);
  return {
    kernels: typed.flatMap(({ kernels }) => kernels),
    diagnostics: mergeDiagnostics([...lowered.diagnostics, ...found]),
    sources: lowered.sources,
  };
}

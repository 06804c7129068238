import { writeFileSync } from "node:fs";
import { INSPECTED, inspected } from "../../compiler/build/inspect.js";
import { projectOf } from "../../compiler/build/project.js";
import { variantsOf } from "../../compiler/build/variants.js";
import { compileForGpu } from "../../compiler/compile.js";
import { DiagnosticError } from "../../compiler/diagnostics/index.js";
import { chooseKernel, needsBuilds } from "../kernels/chosen-kernel.js";
import { targetArchitecture } from "../kernels/gpu-architecture.js";
import { fileOf } from "../kernels/target.js";
import { InputError } from "../report/errors.js";
import { progress } from "../report/progress.js";
import { systemText } from "../report/report.js";
import { page } from "./page.js";
import { type Setting, settle } from "./settings.js";

interface InspectRequest {
  /** `file#kernel`, or a file with one kernel. */
  readonly target: string;
  readonly out: string;
  readonly arch?: number;
  readonly build: number;
  readonly set?: readonly Setting[];
  readonly signal: AbortSignal;
}

/** Writes the page, or says why it cannot. */
function write(out: string, html: string): void {
  try {
    writeFileSync(out, html);
  } catch (error) {
    const cause = systemText(error as NodeJS.ErrnoException);
    if (cause === undefined) throw error;
    throw new InputError(`--out: the page cannot be written to ${out}: ${cause}`, "Name a file that you may write.");
  }
}

/** Compiles a kernel, as its launch with the most promises kept takes it, and writes the page about it. */
export async function inspectKernel({
  target,
  out,
  arch,
  build: number,
  set = [],
  signal,
}: InspectRequest): Promise<number> {
  const choice = chooseKernel(target, number);
  if (!choice.build) throw needsBuilds(choice.kernel);
  const { kernel } = choice;
  const { build, values } = settle(kernel, choice.build, set);
  const unit = { kernel, build, arch: arch ?? targetArchitecture(), ...variantsOf(kernel, build)[0]! };
  const project = projectOf(fileOf(target));
  const line = progress();
  line.show(`Compiling ${kernel.name} for sm_${unit.arch}`);
  const options = { jobs: 1, signal, onProgress: line.show, ...INSPECTED };
  const { made, problems } = await compileForGpu([unit], options).finally(line.clear);
  const [only] = made;
  if (!only) throw new DiagnosticError(problems, project);
  write(out, page(inspected(unit, only.output, project, values)));
  console.log(`${kernel.name} for sm_${unit.arch}: ${out}`);
  return 0;
}

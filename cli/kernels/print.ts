import type { TritonStage } from "../../compiler/backends/triton/index.js";
import { projectOf } from "../../compiler/build/project.js";
import { variantsOf } from "../../compiler/build/variants.js";
import { compileForGpu, emitTriton, specialize } from "../../compiler/compile.js";
import { DiagnosticError } from "../../compiler/diagnostics/index.js";
import { printKernel } from "../../compiler/ir/index.js";
import { progress } from "../report/progress.js";
import { type Choice, chooseKernel, needsBuilds } from "./chosen-kernel.js";
import { targetArchitecture } from "./gpu-architecture.js";
import { fileOf } from "./target.js";

interface PrintRequest {
  /** `file#kernel`, or a file with one kernel. */
  readonly target: string;
  readonly stage: string;
  readonly arch?: number;
  readonly build?: number;
  readonly signal: AbortSignal;
}

async function compiled({ kernel, build }: Choice, { target, stage, arch, signal }: PrintRequest): Promise<string> {
  if (!build) throw needsBuilds(kernel);
  const unit = {
    kernel,
    build,
    arch: arch ?? targetArchitecture(),
    ...variantsOf(kernel, build)[0]!,
  };
  const line = progress();
  line.show(`Compiling ${kernel.name} for sm_${unit.arch}`);
  const options = { stages: [stage as TritonStage], jobs: 1, signal, onProgress: line.show };
  const { made, problems } = await compileForGpu([unit], options).finally(line.clear);
  const [only] = made;
  if (!only) throw new DiagnosticError(problems, projectOf(fileOf(target)));
  return only.output[stage as Exclude<TritonStage, "cubin">] ?? "";
}

/** How each stage that needs no Python is made. */
const LOCAL: Readonly<Record<string, (choice: Choice) => string>> = {
  ir: ({ kernel, build }) => printKernel(build ? specialize(kernel, build) : kernel),
  triton: ({ kernel }) => emitTriton(kernel).text,
};

/** Prints one stage of a kernel. */
export async function printStage(request: PrintRequest): Promise<number> {
  const choice = chooseKernel(request.target, request.build);
  const local = LOCAL[request.stage];
  const text = local ? local(choice) : await compiled(choice, request);
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  return 0;
}

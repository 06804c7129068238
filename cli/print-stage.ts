import { statSync } from "node:fs";
import { resolve } from "node:path";
import { failureDiagnostic } from "../compiler/build/failure.js";
import { buildsOf } from "../compiler/build/index.js";
import { jobOf } from "../compiler/build/job.js";
import { projectOf } from "../compiler/build/project.js";
import { variantsOf } from "../compiler/build/variants.js";
import { Cache, cachedTriton } from "../compiler/cache/index.js";
import { check } from "../compiler/check.js";
import { DiagnosticError, isError } from "../compiler/diagnostics/index.js";
import { emitTriton } from "../compiler/emit/index.js";
import { type Build, type Kernel, printKernel } from "../compiler/ir/index.js";
import { EXPORT_A_KERNEL } from "../compiler/no-kernels.js";
import { specialize } from "../compiler/passes/index.js";
import { ensureEnvironment, startTriton, type TritonStage } from "../compiler/triton/index.js";
import { InputError } from "./errors.js";
import { gpuArchitecture } from "./gpu-architecture.js";
import { progress } from "./progress.js";

interface PrintRequest {
  /** `file#kernel`, or a file with one kernel. */
  readonly target: string;
  readonly stage: string;
  readonly arch?: number;
  readonly build?: number;
  readonly signal: AbortSignal;
}

/** A kernel with one of its builds; a kernel that has none has no build. */
interface Choice {
  readonly kernel: Kernel;
  readonly build: Build | undefined;
}

/** Every build of every dtype binding of the kernel, in order; a kernel without builds still has IR and Triton. */
const choicesOf = (kernels: readonly Kernel[]): Choice[] => {
  const built = kernels.flatMap((kernel) => buildsOf(kernel).map((build): Choice => ({ kernel, build })));
  return built.length > 0 ? built : kernels.map((kernel) => ({ kernel, build: undefined }));
};

const fileOf = (target: string): string => target.replace(/#[\w$]+$/, "");

function choose({ target, build = 0 }: PrintRequest): Choice {
  const file = fileOf(target);
  const name = file === target ? undefined : target.slice(file.length + 1);
  const facts = statSync(file, { throwIfNoEntry: false });
  if (!facts?.isFile())
    throw new InputError(
      facts === undefined ? `${file} does not exist` : `${file} is no regular file`,
      "Give FILE#kernel, such as matmul.kernel.ts#matmul.",
    );
  const project = projectOf(file);
  const { kernels, diagnostics } = check([resolve(file)], { project, builds: false });
  if (diagnostics.some(isError)) throw new DiagnosticError(diagnostics, project);
  const names = [...new Set(kernels.map((kernel) => kernel.name))];
  const wanted = name ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined || !names.includes(wanted))
    throw new InputError(
      wanted === undefined ? `${file} has ${names.length} kernels` : `${file} has no kernel ${wanted}`,
      names.length > 0 ? `Give one of: ${names.map((one) => `${file}#${one}`).join(", ")}.` : EXPORT_A_KERNEL,
    );
  const choices = choicesOf(kernels.filter((kernel) => kernel.name === wanted));
  const choice = choices[build];
  if (!choice)
    throw new InputError(`${wanted} has no build ${build}`, `Give --build a number from 0 to ${choices.length - 1}.`);
  return choice;
}

async function compiled({ kernel, build }: Choice, { target, stage, arch, signal }: PrintRequest): Promise<string> {
  if (!build)
    throw new InputError(
      `${kernel.name} has no builds`,
      "Add { builds: [{ constants: { … } }] } as the second argument of kernel(): the stages after triton need values.",
    );
  const unit = {
    kernel,
    build,
    arch: arch ?? gpuArchitecture() ?? 90,
    ...variantsOf(kernel, build)[0]!,
  };
  const { job, lines } = jobOf(unit, { stages: [stage as TritonStage] });
  const line = progress();
  using service = await startTriton({
    jobs: 1,
    environment: () => ensureEnvironment({ extras: [], signal, onProgress: line.show }),
  });
  line.show(`Compiling ${kernel.name} for sm_${unit.arch}`);
  try {
    const { result } = await cachedTriton(service, new Cache()).compile(job, { signal });
    if (!result.ok)
      throw new DiagnosticError([failureDiagnostic(unit, lines, result.error)], projectOf(fileOf(target)));
    return result[stage as Exclude<TritonStage, "cubin">] ?? "";
  } finally {
    line.clear();
  }
}

/** How each stage that needs no Python is made. */
const LOCAL: Readonly<Record<string, (choice: Choice) => string>> = {
  ir: ({ kernel, build }) => printKernel(build ? specialize(kernel, build) : kernel),
  triton: ({ kernel }) => emitTriton(kernel).text,
};

/** Prints one stage of a kernel. */
export async function printStage(request: PrintRequest): Promise<number> {
  const choice = choose(request);
  const local = LOCAL[request.stage];
  const text = local ? local(choice) : await compiled(choice, request);
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  return 0;
}

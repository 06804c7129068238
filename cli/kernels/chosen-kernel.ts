import { statSync } from "node:fs";
import { resolve } from "node:path";
import { buildsOf } from "../../compiler/build/index.js";
import { projectOf } from "../../compiler/build/project.js";
import { check } from "../../compiler/check.js";
import { DiagnosticError, isError } from "../../compiler/diagnostics/index.js";
import type { Build, Kernel } from "../../compiler/ir/index.js";
import { EXPORT_A_KERNEL } from "../../compiler/no-kernels.js";
import { InputError } from "../report/errors.js";
import { fileOf } from "./target.js";

/** A kernel with one of its builds; a kernel that has none has no build. */
export interface Choice {
  readonly kernel: Kernel;
  readonly build: Build | undefined;
}

/** Every build of every dtype binding of the kernel, in order; a kernel without builds still has IR and Triton. */
const choicesOf = (kernels: readonly Kernel[]): Choice[] => {
  const built = kernels.flatMap((kernel) => buildsOf(kernel).map((build): Choice => ({ kernel, build })));
  return built.length > 0 ? built : kernels.map((kernel) => ({ kernel, build: undefined }));
};

export const needsBuilds = (kernel: Kernel): InputError =>
  new InputError(
    `${kernel.name} has no builds`,
    "Add { builds: [{ constants: { … } }] } as the second argument of kernel(): the stages after triton need values.",
  );

/**
 * The kernel that `file#kernel` names, or the only one of a file, with the build of a number. Throws InputError where there is none, and
 * DiagnosticError where the file has problems.
 */
export function chooseKernel(target: string, build = 0): Choice {
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

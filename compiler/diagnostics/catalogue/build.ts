import { problem } from "../diagnostic.js";

/** Problems that show when a kernel is built: TS-K3xxx. */

export const noBuilds = problem<{ kernel: string; constants: readonly string[]; dtypes: readonly string[] }>({
  code: "TS-K3001",
  about: "A kernel with constants or dtype parameters says in `builds` which values to compile it for.",
  message: ({ kernel, constants, dtypes }) =>
    `${kernel} has nothing to be built as: it leaves ${[...constants, ...dtypes].join(", ")} open and declares no builds`,
  hint: ({ constants, dtypes }) => {
    const given = (names: readonly string[]): string => names.map((name) => `${name}: …`).join(", ");
    const fields = [
      ...(constants.length > 0 ? [`constants: { ${given(constants)} }`] : []),
      ...(dtypes.length > 0 ? [`dtypes: { ${given(dtypes)} }`] : []),
    ];
    return `add { builds: [{ ${fields.join(", ")} }] } as the second argument of kernel()`;
  },
});

export const sameName = problem<{ kernel: string; other: string }>({
  code: "TS-K3002",
  about: "A bundle finds kernels by name, so two kernels of one bundle cannot share one.",
  message: ({ kernel, other }) => `the kernel ${kernel} is already defined in ${other}`,
  hint: () => "rename one of them, or build the two files into two bundles",
});

interface Failure {
  readonly kernel: string;
  readonly message: string;
}

export const tritonRefused = problem<Failure>({
  code: "TS-K3003",
  about: "Triton's front end did not accept the Python generated from the kernel.",
  message: ({ kernel, message }) => `Triton cannot compile ${kernel}: ${message}`,
});

export const mlirFailed = problem<Failure>({
  code: "TS-K3004",
  about: "A pass of Triton's compiler failed on the kernel.",
  message: ({ kernel, message }) => `a pass of Triton failed on ${kernel}: ${message}`,
  hint: () => "tilescript print FILE#kernel --stage triton shows the Python that Triton was given",
});

export const ptxasFailed = problem<Failure>({
  code: "TS-K3005",
  about: "NVIDIA's assembler refused the PTX that Triton made.",
  message: ({ kernel, message }) => `ptxas cannot assemble ${kernel}: ${message}`,
  hint: () => "tilescript print FILE#kernel --stage ttgir shows the last form before PTX",
});

export const tooLarge = problem<Failure>({
  code: "TS-K3006",
  about: "The kernel needs more shared memory, tensor memory or warps than a block of the target can have.",
  message: ({ message }) => message,
  hint: () => "make the blocks in `builds` smaller, or set fewer `stages`",
});

export const badOptions = problem<Failure>({
  code: "TS-K3007",
  about: "A launch option of a build is impossible on the target.",
  message: ({ kernel, message }) => `${kernel} cannot be built like this: ${message}`,
});

export const compilerDied = problem<Failure>({
  code: "TS-K3008",
  about: "Triton's compiler process ended while it worked on the kernel; the other kernels were compiled by a new one.",
  message: ({ kernel, message }) => `Triton's compiler crashed on ${kernel}: ${message}`,
  hint: () => "smaller blocks or fewer stages often avoid it; --verbose shows what it printed",
});

export const compilerStuck = problem<Failure>({
  code: "TS-K3009",
  about: "Triton did not finish the kernel in the time it was given.",
  message: ({ kernel, message }) => `Triton did not finish ${kernel}: ${message}`,
  hint: () =>
    "very large tiles and unrolled loops take long to compile: make them smaller; Triton's search for layouts never ends where each turn of a loop transposes and reshapes what the last one left: load it so, or count the turns with staticRange",
});

export const leftOut = problem<Failure & { readonly arch: number }>({
  code: "TS-K3010",
  severity: "warning",
  about: "A build does not fit one of the architectures; the bundle has the kernel's other builds for it.",
  message: ({ kernel, message, arch }) => `a build of ${kernel} is left out for sm_${arch}: ${message}`,
});

export const tunedDamaged = problem<{ message: string }>({
  code: "TS-K3011",
  about: "A file of tilescript tune, beside the kernels that it measured, is not as it was written.",
  message: ({ message }) => `these measurements cannot be read: ${message}`,
  hint: () => "remove the file, or mend it, and measure again: tilescript tune FILE#kernel",
});

export const tunedStale = problem<{ kernel: string; file: string }>({
  code: "TS-K3012",
  severity: "warning",
  about: "The kernel has changed since it was measured: launches take the builds that they take without measurements.",
  message: ({ kernel, file }) => `${kernel} has changed since ${file} was measured, which is not used`,
  hint: ({ kernel }) => `measure it again: tilescript tune FILE#${kernel}`,
});

export const tunedBuilds = problem<{ kernel: string; file: string; lost: number }>({
  code: "TS-K3013",
  severity: "warning",
  about: "A build that was measured to be the fastest is not among the kernel's builds any more.",
  message: ({ kernel, file, lost }) =>
    `of ${lost} shape${lost === 1 ? "" : "s"} in ${file} the fastest build is none of ${kernel}'s builds any more`,
  hint: ({ kernel }) => `measure it again: tilescript tune FILE#${kernel}`,
});

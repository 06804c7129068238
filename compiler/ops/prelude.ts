/** Python that a generated file starts with when an op in it needs it. */
export type PreludeName = "libdevice" | "nan_as_least" | "nan_as_greatest" | "gdc_wait" | "gdc_launch_dependents";

const stand = (name: string, sign: "-" | "", about: string): readonly string[] => [
  "@triton.jit",
  `def ${name}(x):`,
  `    """${about}"""`,
  `    return tl.where(x == x, x, float("${sign}inf"))`,
];

/** Programmatic dependent launch came with sm_90; before it there is nothing to wait for and ptxas refuses the instruction. */
const fromHopper = (name: string): readonly string[] => [
  "@triton.jit",
  `def ${name}():`,
  "    if tl.target_info.cuda_capability_geq(9, 0):",
  `        tl.extra.cuda.${name}()`,
];

export const PRELUDE: Readonly<
  Record<PreludeName, { readonly kind: "import" | "function"; readonly lines: readonly string[] }>
> = {
  libdevice: { kind: "import", lines: ["from triton.language.extra import libdevice"] },
  nan_as_least: {
    kind: "function",
    lines: stand(
      "nan_as_least",
      "-",
      "So that NaN never wins a maximum: Triton's argmax would let it, depending on the order.",
    ),
  },
  nan_as_greatest: {
    kind: "function",
    lines: stand(
      "nan_as_greatest",
      "",
      "So that NaN never wins a minimum: Triton's argmin would let it, depending on the order.",
    ),
  },
  gdc_wait: { kind: "function", lines: fromHopper("gdc_wait") },
  gdc_launch_dependents: { kind: "function", lines: fromHopper("gdc_launch_dependents") },
};

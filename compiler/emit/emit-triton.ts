import type { Kernel, Span } from "../ir/index.js";
import { ModuleText } from "./module-text.js";

export interface TritonText {
  /** A Python module that a PyTorch program can import as it is. */
  readonly text: string;
  /** For each line of the text, from 0, where it comes from; null for lines that are the same in every module. */
  readonly lines: readonly (Span | null)[];
  /** Name of the `@triton.jit` function. */
  readonly entry: string;
  /** Python's name for each parameter of the kernel. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The Triton of a typed kernel. `Const` parameters stay parameters of the function, so one text serves all builds. */
export function emitTriton(kernel: Kernel): TritonText {
  const module = new ModuleText(kernel);
  for (const fn of kernel.functions) module.addFunction(fn);
  const parameters = module.addKernel();
  return { ...module.finish(), entry: module.entry, parameters };
}

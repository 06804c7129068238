import type { Frontend } from "../../compiler/frontend/index.js";
import { type Kernel, serializeKernel } from "../../compiler/ir/index.js";
import { storedKernel } from "../../compiler/passes/index.js";
import type { CpuDevice } from "../../runtime/device/cpu/index.js";
import { interpret } from "../reference/triton-interpreter.js";
import { kernelsOf } from "./check.js";
import { PROGRAMS } from "./corpus.js";
import { memoryOf } from "./memory.js";
import { difference, given, type Memory, run, SCALARS } from "./run.js";

/** Kernels on the CPU executor and in Triton's interpreter, on the same memory. */
export class Trial {
  readonly folder: string;
  readonly frontend: Frontend;
  readonly #device: CpuDevice;
  readonly #memory: Memory;

  constructor(folder: string, frontend: Frontend, device: CpuDevice, seed: number) {
    this.folder = folder;
    this.frontend = frontend;
    this.#device = device;
    this.#memory = memoryOf(seed);
  }

  /** The kernel of a body; undefined where `check` refuses it. */
  check(body: string): Kernel | undefined {
    return kernelsOf(this.frontend, this.folder, [body])[0];
  }

  /** Where the two differ, or how one fails; undefined where they do the same. */
  async difference(kernel: Kernel): Promise<string | undefined> {
    const names = kernel.params.flatMap((param) => (param.kind === "pointer" ? [param.name] : []));
    const [ours, theirs] = [given(this.#memory, names), given(this.#memory, names)];
    try {
      const loaded = this.#device.loadKernels([storedKernel(serializeKernel(kernel), kernel)]);
      await run(this.#device, loaded, kernel.name, ours);
    } catch (error) {
      return `the CPU executor fails: ${(error as Error).stack}`;
    }
    try {
      await interpret(kernel, kernel.builds[0]!, { ...theirs, ...SCALARS }, [PROGRAMS]);
    } catch (error) {
      return `the interpreter fails: ${(error as Error).message} ${(error as { detail?: string }).detail ?? ""}`;
    }
    return difference(ours, theirs, "in Triton");
  }
}

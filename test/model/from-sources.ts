import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { check } from "../../compiler/check.js";
import type { Kernel } from "../../compiler/ir/index.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { assembleRunner } from "../../runtime/models/assemble.js";
import { openModelFiles } from "../../runtime/models/load.js";
import type { Runner } from "../../runtime/models/runner.js";

const folder = fileURLToPath(new URL("../../runtime/kernels/", import.meta.url));

/** The kernels of models with dense attention, straight from their sources. */
export function denseKernels(): readonly Kernel[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".kernel.ts") && !name.startsWith("reattention"));
  const { kernels, diagnostics } = check(files.map((name) => folder + name));
  if (diagnostics.length > 0) throw new TypeError(diagnostics.map(({ message }) => message).join("\n"));
  return kernels;
}

/** Runs models from these kernels on the CPU executor. */
export class CpuModels {
  readonly device: CpuDevice;
  readonly #kernels: ModelKernels;

  private constructor(device: CpuDevice, kernels: ModelKernels) {
    this.device = device;
    this.#kernels = kernels;
  }

  static async open(): Promise<CpuModels> {
    const device = await CpuDevice.open({ threads: 2 });
    return new CpuModels(device, device.loadKernels(denseKernels()) as unknown as ModelKernels);
  }

  /** The model at `path` with a cache of `capacity` tokens. */
  async runner(path: string, capacity: number): Promise<Runner> {
    using files = openModelFiles(path);
    return await assembleRunner(this.device, this.#kernels, { ...files, attention: { kind: "dense" }, capacity });
  }

  close(): void {
    this.device.close();
  }
}

export interface Answer {
  /** Of the token after the prompt. */
  readonly logits: Float32Array;
  /** The tokens that follow, each the most likely. */
  readonly greedy: readonly number[];
}

export async function answer(runner: Runner, tokens: readonly number[], steps: number): Promise<Answer> {
  await runner.prefill(tokens, 0, { temperature: 0, topK: 1, topP: 1, seed: 0 });
  const logits = await runner.logits();
  runner.grow(tokens.length + steps);
  for (let step = 1; step < steps; step++) runner.step();
  await runner.arrived();
  return { logits, greedy: Array.from({ length: steps }, (_, step) => runner.token(step)) };
}

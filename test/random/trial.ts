import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../../compiler/check.js";
import { isError } from "../../compiler/diagnostics/index.js";
import type { Frontend } from "../../compiler/frontend/index.js";
import { type Kernel, serializeKernel } from "../../compiler/ir/index.js";
import { storedKernel } from "../../compiler/passes/index.js";
import { fromBits, upload } from "../../runtime/device/arrays.js";
import type { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../runtime/device/device.js";
import { interpret } from "../reference/triton-interpreter.js";
import { CONSTANTS, fileOf, PROGRAMS } from "./kernels.js";
import { memoryOf } from "./memory.js";

type Memory = Record<string, NodeJS.ArrayBufferView>;

const SCALARS = { n: 3 };

/** Kernels on the CPU executor and in Triton's interpreter, on the same memory. */
export class Trial {
  readonly #folder: string;
  readonly #frontend: Frontend;
  readonly #device: CpuDevice;
  readonly #memory: Memory;

  constructor(folder: string, frontend: Frontend, device: CpuDevice, seed: number) {
    this.#folder = folder;
    this.#frontend = frontend;
    this.#device = device;
    this.#memory = memoryOf(seed);
  }

  /** The kernels of the bodies; undefined for each that `check` refuses. */
  check(bodies: readonly string[]): readonly (Kernel | undefined)[] {
    const file = join(this.#folder, "random.kernel.ts");
    const text = fileOf(bodies);
    writeFileSync(file, text);
    const { diagnostics, kernels } = check([file], { project: this.#folder, frontend: this.#frontend });
    const errors = diagnostics.filter(isError);
    const lines = text.split("\n");
    const starts = bodies.map((_, index) => lines.findIndex((line) => line.startsWith(`export const k${index} =`)) + 1);
    const isRefused = (index: number): boolean =>
      errors.some(
        ({ span: { line } }) => line >= starts[index]! && line < (starts[index + 1] ?? Number.POSITIVE_INFINITY),
      );
    return bodies.map((_, index) => (isRefused(index) ? undefined : kernels.find(({ name }) => name === `k${index}`)));
  }

  /** Where the two differ, or how one fails; undefined where they do the same. */
  async difference(kernel: Kernel): Promise<string | undefined> {
    const names = kernel.params.flatMap((param) => (param.kind === "pointer" ? [param.name] : []));
    const given = (): Memory => Object.fromEntries(names.map((name) => [name, structuredClone(this.#memory[name]!)]));
    const [ours, theirs] = [given(), given()];
    try {
      await this.#onCpu(kernel, ours);
    } catch (error) {
      return `the CPU executor fails: ${(error as Error).stack}`;
    }
    try {
      await interpret(kernel, kernel.builds[0]!, { ...theirs, ...SCALARS }, [PROGRAMS]);
    } catch (error) {
      return `the interpreter fails: ${(error as Error).message} ${(error as { detail?: string }).detail ?? ""}`;
    }
    const found = names.flatMap((name) => differences(name, ours[name]!, theirs[name]!));
    return found.length === 0 ? undefined : found.slice(0, 4).join("; ");
  }

  async #onCpu(kernel: Kernel, memory: Memory): Promise<void> {
    const buffers: [string, DeviceBuffer][] = [];
    for (const [name, view] of Object.entries(memory))
      buffers.push([name, await upload(this.#device, view as Uint8Array)]);
    try {
      this.#device
        .loadKernels([storedKernel(serializeKernel(kernel), kernel)])
        .kernel(kernel.name)
        .launch([PROGRAMS], { ...Object.fromEntries(buffers), ...SCALARS, ...CONSTANTS });
      for (const [name, buffer] of buffers) await this.#device.read(buffer, memory[name]!);
    } finally {
      for (const [, buffer] of buffers) buffer.free();
    }
  }
}

const numbers = (name: string, view: ArrayBufferView): readonly (number | bigint)[] => {
  const dtype = name.slice(name.indexOf("_") + 1);
  return dtype === "f16" || dtype === "bf16"
    ? [...fromBits(dtype, view as Uint16Array)]
    : [...(view as unknown as Iterable<number | bigint>)];
};

function differences(name: string, ours: ArrayBufferView, theirs: ArrayBufferView): string[] {
  const [a, b] = [numbers(name, ours), numbers(name, theirs)];
  return a.flatMap((one, at) =>
    one === b[at] || (Number.isNaN(one) && Number.isNaN(b[at]))
      ? []
      : [`${name}[${at}] is ${one} on the CPU executor, ${b[at]} in Triton`],
  );
}

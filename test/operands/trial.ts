import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { emitTriton, signatureOf } from "../../compiler/backends/triton/emit/index.js";
import type { TritonService } from "../../compiler/backends/triton/index.js";
import { compileForCpu } from "../../compiler/backends/wasm/index.js";
import { check } from "../../compiler/check.js";
import { isError } from "../../compiler/diagnostics/index.js";
import type { Frontend } from "../../compiler/frontend/index.js";
import { type Kernel, NO_PROMISES, serializeKernel } from "../../compiler/ir/index.js";
import { specialize, storedKernel } from "../../compiler/passes/index.js";
import { FIRST_LINE, kernelText } from "./statements.js";

export interface Failure {
  readonly statement: string;
  readonly message: string;
}

interface Answer {
  /** The statements that are refused, by their places. */
  readonly wrong: ReadonlySet<number>;
  /** The compiler failed. */
  readonly crash: string | undefined;
  readonly kernel: Kernel | undefined;
}

/** How many statements share a kernel: to compile one takes half a second. */
const TOGETHER = 24;

/** Whether what `check` accepts is built: checks statements, and builds those with nothing wrong for sm_90 and the CPU executor. */
export class Trial {
  readonly #folder: string;
  readonly #frontend: Frontend;
  readonly #triton: TritonService;

  constructor(folder: string, frontend: Frontend, triton: TritonService) {
    this.#folder = folder;
    this.#frontend = frontend;
    this.#triton = triton;
  }

  /** @returns how many were accepted, and those of them that cannot be built */
  async failures(statements: readonly string[]): Promise<{ readonly accepted: number; readonly failures: Failure[] }> {
    const { accepted, crashes } = this.#accepted(statements);
    const groups = Array.from({ length: Math.ceil(accepted.length / TOGETHER) }, (_, index) =>
      accepted.slice(index * TOGETHER, (index + 1) * TOGETHER),
    );
    const failures = await Promise.all(groups.map((group) => this.#failuresOf(group)));
    return { accepted: accepted.length, failures: [...crashes, ...failures.flat()] };
  }

  /** What one mistake hides may be wrong too: the rest is checked until nothing is. */
  #accepted(statements: readonly string[]): {
    readonly accepted: readonly string[];
    readonly crashes: readonly Failure[];
  } {
    const { wrong, crash } = this.#check(statements);
    if (crash !== undefined) {
      if (statements.length === 1) return { accepted: [], crashes: [{ statement: statements[0]!, message: crash }] };
      const [a, b] = halves(statements).map((half) => this.#accepted(half));
      return { accepted: [...a!.accepted, ...b!.accepted], crashes: [...a!.crashes, ...b!.crashes] };
    }
    if (wrong.size === 0) return { accepted: statements, crashes: [] };
    return this.#accepted(statements.filter((_, index) => !wrong.has(index)));
  }

  #check(statements: readonly string[]): Answer {
    const file = join(this.#folder, "operands.kernel.ts");
    writeFileSync(file, kernelText(statements));
    const { diagnostics, kernels } = check([file], { project: this.#folder, frontend: this.#frontend });
    const wrong = new Set(diagnostics.filter(isError).map(({ span }) => span.line - FIRST_LINE));
    const crash = diagnostics.find(({ code }) => code === "TS-K1099")?.message;
    const outside = diagnostics.find((one) => isError(one) && statements[one.span.line - FIRST_LINE] === undefined);
    if (outside && !crash) throw new Error(`${outside.span.line}: ${outside.code} ${outside.message}`);
    return { wrong, crash, kernel: kernels[0] };
  }

  /** Halves what fails together until each that fails stands alone. */
  async #failuresOf(statements: readonly string[]): Promise<Failure[]> {
    const message = await this.#failure(this.#check(statements).kernel!);
    if (message === undefined) return [];
    if (statements.length === 1) return [{ statement: statements[0]!, message }];
    const found: Failure[] = [];
    for (const half of halves(statements)) found.push(...(await this.#failuresOf(half)));
    return found.length > 0 ? found : [{ statement: statements.join("\n"), message }];
  }

  async #failure(kernel: Kernel): Promise<string | undefined> {
    try {
      compileForCpu(specialize(storedKernel(serializeKernel(kernel), kernel), kernel.builds[0]!));
    } catch (error) {
      return `CPU executor: ${(error as Error).stack}`;
    }
    const { text, entry, ...more } = emitTriton(kernel);
    const signature = signatureOf(kernel, kernel.builds[0]!, NO_PROMISES, more);
    const result = await this.#triton.compile({ source: text, kernel: entry, ...signature, target: { arch: 90 } });
    return result.ok ? undefined : `${result.error.stage}: ${result.error.message}`;
  }
}

function halves<T>(all: readonly T[]): (readonly T[])[] {
  const middle = all.length >> 1;
  return [all.slice(0, middle), all.slice(middle)];
}

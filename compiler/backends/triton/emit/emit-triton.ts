import { type Expr, type Kernel, type Span, type Stmt, walkExpressions } from "../../../ir/index.js";
import { ModuleText } from "./module-text.js";

/** A kernel as Python, and where each of its lines comes from. */
export interface TritonText {
  /** A Python module that a PyTorch program can import as it is. */
  readonly text: string;
  /** For each line of the text, from 0, where it comes from; null for lines that are the same in every module. */
  readonly lines: readonly (Span | null)[];
  /** Name of the `@triton.jit` function. */
  readonly entry: string;
  /** Python's name for each parameter of the kernel. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Whether an op in it promises its bits, which libdevice keeps only where it does not flush subnormal numbers to 0. */
  readonly subnormals: boolean;
}

/** The Triton of a typed kernel. `Const` parameters stay parameters of the function, so one text serves all builds. */
export function emitTriton(kernel: Kernel): TritonText {
  const module = new ModuleText(kernel);
  const called = calledInTriton(kernel);
  for (const fn of kernel.functions) if (called.has(fn.name)) module.addFunction(fn);
  const parameters = module.addKernel();
  return { ...module.finish(), entry: module.entry, parameters };
}

/** Functions that Triton runs: not what inlineAsm means on a CPU, unless something else calls it. */
function calledInTriton({ body, functions }: Kernel): ReadonlySet<string> {
  const called = new Set<string>();
  const visit = (statements: readonly Stmt[]): void => {
    const forCpu = new Set<Expr>();
    walkExpressions(statements, (expr) => {
      if (expr.kind === "op" && expr.op === "inlineAsm") forCpu.add(expr.args.combine!);
    });
    walkExpressions(statements, (expr) => {
      if (expr.kind === "call" && !forCpu.has(expr)) called.add(expr.callee);
    });
  };
  visit(body);
  // Callees come first.
  for (const fn of [...functions].reverse()) if (called.has(fn.name)) visit(fn.body);
  return called;
}

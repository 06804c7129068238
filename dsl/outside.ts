import { TileScriptError } from "./errors.js";

/** Thrown when an operation of the language is called by Node instead of being compiled. */
export class OutsideKernelError extends TileScriptError {
  override readonly name = "OutsideKernelError";
  /** The function that was called. */
  readonly operation: string;
  constructor(
    operation: string,
    problem = `${operation}() has meaning only inside a kernel`,
    hint = "Write it in the function given to kernel(), compile the file with " +
      "`tilescript build`, and launch the kernel through tilescript/runtime.",
  ) {
    super("outside-kernel", problem, { hint });
    this.operation = operation;
  }
}

/** The run-time body of every operation: the compiler reads calls, nothing ever runs them. */
export function outsideKernel(operation: string, ..._operands: unknown[]): never {
  throw new OutsideKernelError(operation);
}

/** A kernel is launched as a device has loaded it, and not as it is declared. */
export function notLoaded(operation: string): never {
  const hint =
    "Load it first: const { name } = await device.load(kernels); under `tilescript run`, or from the folder that `tilescript build` wrote.";
  throw new OutsideKernelError(operation, `${operation}() of a kernel that no device has loaded`, hint);
}

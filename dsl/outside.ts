import { TileScriptError } from "./errors.js";

/** Thrown when an operation of the language is called by Node instead of being compiled. */
export class OutsideKernelError extends TileScriptError {
  override readonly name = "OutsideKernelError";
  readonly operation: string;
  constructor(operation: string) {
    super("outside-kernel", `${operation}() has meaning only inside a kernel`, {
      hint:
        "Write it in the function given to kernel(), compile the file with " +
        "`tilescript build`, and launch the kernel through tilescript/runtime.",
    });
    this.operation = operation;
  }
}

/** The run-time body of every operation: the compiler reads calls, nothing ever runs them. */
export function outsideKernel(operation: string, ..._operands: unknown[]): never {
  throw new OutsideKernelError(operation);
}

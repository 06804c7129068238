import type { DType } from "../../../ir/index.js";
import type { FunctionBuilder, Local } from "../encode/function.js";
import type { Aliases } from "../fuse/aliases.js";
import type { Origins } from "../fuse/provenance.js";
import type { Environment, Variable } from "../lanes/variables.js";

/** What the loops of one statement need from the kernel around them. */
export interface Host {
  readonly fb: FunctionBuilder;
  readonly env: Environment;
  readonly origins: Origins;
  readonly aliases: Aliases;
  /** Start of the worker's scratch memory. */
  readonly frame: Local;
  /** Memory for an intermediate tile, until the statement ends. */
  temporary(dtype: DType, shape: readonly number[]): Extract<Variable, { kind: "tile" }>;
}

import { emitTriton } from "../../backends/triton/emit/index.js";
import type { Kernel } from "../../ir/index.js";
import { sha256 } from "../names.js";

/**
 * Names what a kernel computes and how: its Triton text for each choice of dtypes. Its builds, its comments and its place in the file are not
 * in it, so that times stay with a kernel that is moved, or is given one more build.
 */
export const fingerprintOf = (bindings: readonly Kernel[]): string =>
  sha256(
    bindings
      .map((kernel) => emitTriton({ ...kernel, file: "", doc: "" }).text)
      .sort()
      .join("\n"),
  );

import { createHash } from "node:crypto";
import type { Kernel } from "../ir/index.js";

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** `matmul`, or `layerNorm.T-bf16` for a binding of dtypes: the start of the names of a kernel's files. */
export const bindingName = ({ name, dtypes }: Kernel): string =>
  [name, ...Object.entries(dtypes).map(([parameter, dtype]) => `${parameter}-${dtype}`)].join(".");

/** A compiled file is named after its bytes, so that equal variants share one and names do not depend on the machine. */
export const compiledName = (kernel: Kernel, arch: number, content: string | Uint8Array, extension: string): string =>
  `${bindingName(kernel)}.sm_${arch}.${sha256(content).slice(0, 12)}.${extension}`;

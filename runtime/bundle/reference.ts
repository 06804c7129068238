import { fileURLToPath } from "node:url";
import { BundleError } from "../device/errors.js";
import { shown } from "../device/shown.js";

/**
 * What stands for a kernel at run time: its name and the URL of the folder of its bundle. A bundle's `index.js` exports these, and under
 * `tilescript run` so does every `*.kernel.ts` that is imported.
 */
export interface KernelReference {
  readonly kind: "kernel";
  readonly name: string;
  readonly bundle: string;
}

/** Where a bundle comes from: its folder as a path or URL, or a module that exports kernel references. */
export type BundleSource<Module extends object = object> = string | URL | Module;

const isReference = (value: unknown): value is KernelReference =>
  typeof value === "object" && value !== null && "bundle" in value && typeof value.bundle === "string";

const path = (folder: string | URL): string =>
  folder instanceof URL || folder.startsWith("file:") ? fileURLToPath(folder) : folder;

/** The folder of a bundle. Throws BundleError for a module whose kernels were not compiled. */
export function bundleFolder(source: BundleSource): string {
  if (typeof source === "string" || source instanceof URL) return path(source);
  if (typeof source !== "object" || source === null || "then" in source) {
    const hint =
      source && "then" in source
        ? "Write await: device.load(await import(…))."
        : "Pass the folder of a bundle, or a module of kernels that `tilescript run` or a bundle has.";
    throw new BundleError("load", `there are no kernels in ${shown(source)}`, hint);
  }
  const folders = new Set(
    Object.values(source)
      .filter(isReference)
      .map((reference) => reference.bundle),
  );
  const [only] = folders;
  if (only !== undefined && folders.size === 1) return path(only);
  if (folders.size > 1)
    throw new BundleError(
      [...folders].map(path).join(", "),
      "these kernels come from several bundles",
      "Load the module of one bundle at a time.",
    );
  throw new BundleError(
    Object.keys(source).join(", ") || "the module given to load",
    "these kernels are declarations in TypeScript, not compiled ones",
    "Start the program with `tilescript run`, or run `tilescript build` and load the folder that it wrote.",
  );
}

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Manifest } from "../../compiler/bundle/index.js";
import { packageRoot } from "../package-root.js";

/** The package with kernels that are compiled ahead for the models of the families' table. */
export const FAMILY_KERNELS = "tilescript-kernels";

/** Names the kernels that cubins were made from, by their IR and the code that compiled it. */
export const madeFrom = ({ kernels, compiler }: Manifest): string =>
  createHash("sha256")
    .update(JSON.stringify([compiler.code, kernels.map(({ name, ir }) => [name, ir.map(({ file }) => file.sha256)])]))
    .digest("hex");

interface FamilyKernels {
  /** The bundle for the architecture; absent where there is none that fits. */
  readonly bundle?: string;
  /** Why it is not taken, where the package is there. */
  readonly unfit?: string;
}

/** What the package has for an architecture, where it is installed beside this one and was made from these kernels. */
export function familyKernels(arch: number, kernels: Manifest): FamilyKernels {
  const root = packageRoot();
  if (root === undefined) return {};
  let place: string;
  try {
    place = createRequire(join(root, "package.json")).resolve(`${FAMILY_KERNELS}/package.json`);
  } catch {
    return {};
  }
  const { version, kernels: from } = JSON.parse(readFileSync(place, "utf8")) as { version: string; kernels: string };
  const bundle = join(dirname(place), `sm_${arch}`);
  if (from !== madeFrom(kernels)) return { unfit: `${FAMILY_KERNELS} ${version} was made from other kernels` };
  return existsSync(bundle) ? { bundle } : { unfit: `${FAMILY_KERNELS} ${version} has none for sm_${arch}` };
}

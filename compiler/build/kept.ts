import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MANIFEST, wholeManifest } from "../bundle/index.js";
import type { BuildResult } from "./build.js";
import { BuildError } from "./error.js";
import { sha256 } from "./names.js";

/**
 * The bundle of a folder that this user cannot write to, such as an installation of somebody else's: it is taken as it is where it is of
 * today's sources, whose names are relative to `project`, and has the wanted architectures. Undefined where the folder can be written to. Throws BuildError where there is no bundle that would do.
 */
export function keptBundle(folder: string, project: string, arch: readonly number[]): BuildResult | undefined {
  if (isWritable(dirname(folder))) return undefined;
  const owner = "Run npm start there as the user who owns it, or take a copy of your own.";
  if (!existsSync(join(folder, MANIFEST)))
    throw new BuildError(`there are no compiled kernels in ${folder}, and you may not write there`, owner);
  const manifest = wholeManifest(folder);
  if (!manifest) throw new BuildError(`the kernels in ${folder} are damaged, and you may not write there`, owner);
  const old = manifest.kernels.find(({ source }) => hashOf(join(project, source.file)) !== source.sha256);
  if (old)
    throw new BuildError(
      `the kernels in ${folder} are older than ${old.source.file}, and you may not write there`,
      owner,
    );
  const variants = manifest.kernels.flatMap((kernel) => kernel.variants);
  const lacking = arch.filter((one) => !variants.some((variant) => variant.arch === one));
  if (lacking.length > 0)
    throw new BuildError(
      `the kernels in ${folder} are not compiled for ${lacking.map((one) => `sm_${one}`).join(", ")}, and you may not write there`,
      owner,
    );
  return { folder, manifest, diagnostics: [], built: 0, cached: variants.length };
}

const hashOf = (path: string): string | undefined => (existsSync(path) ? sha256(readFileSync(path)) : undefined);

/** A folder that is not there yet is as writable as the nearest one above it. */
function isWritable(folder: string): boolean {
  if (!existsSync(folder) && dirname(folder) !== folder) return isWritable(dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

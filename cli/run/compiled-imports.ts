/** Compiled kernels in the place of the kernel files that a program imports. */
import { register } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BundleFault, type Manifest, readManifest } from "../../compiler/bundle/index.js";
import { cacheFolder } from "../../compiler/cache/index.js";
import { dropForeign, privateFolder, privateRoot } from "../../compiler/store/index.js";
import { gpuArchitecture } from "../kernels/gpu-architecture.js";
import { InputError } from "../report/errors.js";
import { progress } from "../report/progress.js";
import { kernelImports } from "./kernel-imports.js";

/** What the module hooks know of a compiled kernel file. */
export interface CompiledFile {
  readonly folder: string;
  readonly kernels: readonly { readonly name: string; readonly file: string }[];
}

const compiledFile = (folder: string, manifest: Manifest): CompiledFile => ({
  folder,
  kernels: manifest.kernels.map(({ name, source }) => ({ name, file: source.file })),
});

export function readBundle(folder: string): CompiledFile {
  try {
    return compiledFile(resolve(folder), readManifest(folder).manifest);
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    const problem = error.kind === "absent" ? "it has no manifest.json" : `${error.path}: ${error.message}`;
    throw new InputError(`${folder} is no bundle: ${problem}`, "Give --bundle the folder that tilescript build wrote.");
  }
}

interface CompileRequest {
  readonly device?: "cpu" | "cuda";
  readonly signal: AbortSignal;
}

/** Who runs a program has not said where bundles go, so an error about that must name what they can set. */
const aboutTheCache = (error: unknown): unknown =>
  error instanceof Error && error.name === "BuildError" && error.cause !== undefined
    ? new InputError(error.message, "Free some space there, or set TILESCRIPT_CACHE to another folder.")
    : error;

/**
 * Loads what a program with kernels imports from this package. Once there are module hooks each module would go through their thread, which
 * takes a quarter of the time of a short program.
 */
export async function loadRuntime(bundles: Readonly<Record<string, CompiledFile>>): Promise<void> {
  if (Object.keys(bundles).length > 0) await import("../../runtime/index.js");
}

/** From now on imports of these kernel files give compiled kernels; "*" stands for all, and TypeScript is loaded as it is. */
export function loadCompiled(bundles: Readonly<Record<string, CompiledFile>>): void {
  const packageRoot = fileURLToPath(new URL("../../../", import.meta.url));
  register("./hooks.mjs", import.meta.url, { data: { bundles, cache: cacheFolder(), packageRoot } });
  process.setSourceMapsEnabled(true);
}

/** Throws where this process cannot put compiled kernels in the place of *.kernel.ts modules: other runtimes have no hooks for that. */
export function requireHooks(script: string): void {
  const other = Object.entries({ bun: "Bun", deno: "Deno" }).find(
    ([name]) => process.versions[name] !== undefined,
  )?.[1];
  if (other === undefined) return;
  throw new InputError(
    `${script} imports kernels, which tilescript run compiles as they are loaded; ${other} has no module hooks for that`,
    "Run it with node, or build a bundle (tilescript build … --out DIR) and import DIR/index.js instead of the kernels.",
  );
}

/** Builds each kernel file that the script imports, for the device at hand; by the path of the imported module. */
export async function compileImports(
  script: string,
  { device, signal }: CompileRequest,
): Promise<Record<string, CompiledFile>> {
  const imports = kernelImports(script);
  if (imports.size === 0) return {};
  requireHooks(script);
  const { build } = await import("../../compiler/build/index.js");
  const { sha256 } = await import("../../compiler/build/names.js");
  const gpu = device === "cpu" ? undefined : gpuArchitecture();
  const line = progress();
  const compiled: Record<string, CompiledFile> = {};
  const runs = privateFolder(privateRoot(cacheFolder()), ["run"]);
  for (const [imported, source] of imports) {
    const out = join(runs, sha256(`${source} ${gpu ?? "cpu"}`).slice(0, 32));
    // A link in its place would lead the build, and what it removes, elsewhere.
    dropForeign(out);
    const { folder, manifest, diagnostics } = await build({
      files: [source],
      arch: gpu === undefined ? [] : [gpu],
      out,
      own: true,
      signal,
      onProgress: ({ text }) => line.show(text),
    }).catch((error) => {
      throw aboutTheCache(error);
    });
    if (diagnostics.length > 0) {
      line.clear();
      const { showDiagnostics } = await import("../report/diagnostics.js");
      showDiagnostics(diagnostics, process.stderr);
    }
    compiled[imported] = compiledFile(folder, manifest);
  }
  line.clear();
  return compiled;
}

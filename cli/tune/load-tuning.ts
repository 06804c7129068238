import { existsSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { KernelEntry } from "../../compiler/bundle/index.js";
import { BundleFault, type Manifest, readBundleFile, readManifest } from "../../compiler/bundle/index.js";
import { closest } from "../../compiler/diagnostics/index.js";
import type { Kernel } from "../../compiler/ir/index.js";
import { storedKernel } from "../../compiler/passes/index.js";
import type { Tuning } from "../../runtime/tuning/index.js";
import { fileOf } from "../kernels/target.js";
import { InputError } from "../report/errors.js";
import { compileImports, loadCompiled, loadRuntime, readBundle, requireHooks } from "../run/compiled-imports.js";

const KERNEL_FILE = /\.kernel\.([jt]s)$/;

/** A kernel to measure: compiled, with its IR and the launch that is described beside it. */
export interface Tunable {
  /** The kernel's file. */
  readonly file: string;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly entry: KernelEntry;
  readonly bindings: readonly Kernel[];
  readonly tuning: Tuning;
}

interface LoadRequest {
  readonly target: string;
  readonly device: "cuda" | "cpu";
  readonly bundle?: string;
  readonly signal: AbortSignal;
}

/** What a tuning of a kernel looks like, for who has none. */
const skeleton = (kernel: string, module: string): string =>
  `Write one: import { cdiv, normal, tuning, zeroed } from "tilescript/runtime"; import * as kernels from "./${module}"; ` +
  `export const ${kernel} = tuning(kernels.${kernel}, { shapes: [{ n: 1024 }], launch: ({ n }) => ({ grid: […], args: { … } }) });`;

/** The program beside the kernels' file that says how they are launched. Throws InputError where there is none. */
function tuningFile(file: string, name: string | undefined): string {
  const facts = statSync(file, { throwIfNoEntry: false });
  if (!facts?.isFile())
    throw new InputError(
      facts === undefined ? `${file} does not exist` : `${file} is no regular file`,
      "Give FILE#kernel, such as matmul.kernel.ts#matmul.",
    );
  if (!KERNEL_FILE.test(file))
    throw new InputError(
      `${file} is no file of kernels: its name does not end in .kernel.ts`,
      "Give FILE#kernel, such as matmul.kernel.ts#matmul.",
    );
  const beside = file.replace(KERNEL_FILE, ".tune.$1");
  if (existsSync(beside)) return resolve(beside);
  const module = basename(file).replace(/ts$/, "js");
  throw new InputError(
    `there is no ${beside}, which says how to launch ${name ?? "the kernels"} of ${basename(file)} to measure`,
    skeleton(name ?? "KERNEL", module),
  );
}

const isTuning = (value: unknown): value is Tuning =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "tuning";

const nameOf = ({ kernel }: Tuning): string => (kernel as unknown as { readonly name: string }).name;

/** The kernel that is wanted among those that the file has. */
function chosen(file: string, wanted: string | undefined, names: readonly string[]): string {
  const list = names.map((name) => `${file}#${name}`).join(", ");
  if (wanted === undefined && names.length === 1) return names[0]!;
  if (wanted === undefined)
    throw new InputError(
      `${file} has ${names.length} kernels`,
      names.length > 0 ? `Give one of: ${list}.` : "Export a kernel.",
    );
  if (names.includes(wanted)) return wanted;
  const meant = closest(wanted, names);
  throw new InputError(
    `${file} has no kernel ${wanted}`,
    meant ? `Did you mean ${file}#${meant}?` : `Give one of: ${list}.`,
  );
}

/** Compiles the kernel, or takes it from a bundle, and runs the program beside it, as `tilescript run` would. */
export async function loadTunable({ target, device, bundle, signal }: LoadRequest): Promise<Tunable> {
  const file = fileOf(target);
  const wanted = file === target ? undefined : target.slice(file.length + 1);
  const script = tuningFile(file, wanted);
  if (bundle !== undefined) requireHooks(script);
  const bundles = bundle === undefined ? await compileImports(script, { device, signal }) : { "*": readBundle(bundle) };
  await loadRuntime(bundles);
  signal.throwIfAborted();
  const source = resolve(file);
  const compiled = bundles[source] ?? bundles[source.replace(/ts$/, "js")] ?? bundles["*"];
  if (!compiled)
    throw new InputError(
      `${script} does not import ${basename(file)}`,
      `Import it: import * as kernels from "./${basename(file).replace(/ts$/, "js")}".`,
    );
  const { manifest } = readManifest(compiled.folder);
  const stem = (path: string): string => basename(path).replace(KERNEL_FILE, "");
  const mine = manifest.kernels.filter((kernel) => stem(kernel.source.file) === stem(file));
  const name = chosen(
    file,
    wanted,
    mine.map((kernel) => kernel.name),
  );
  const entry = mine.find((kernel) => kernel.name === name)!;
  loadCompiled(bundles);
  const module = (await import(pathToFileURL(script).href)) as Record<string, unknown>;
  const tunings = Object.values(module).filter(isTuning);
  const tuning = tunings.find((one) => nameOf(one) === name);
  if (!tuning)
    throw new InputError(
      `${script} exports no tuning of ${name}${tunings.length > 0 ? `, but of ${tunings.map(nameOf).join(", ")}` : ""}`,
      skeleton(name, basename(file).replace(/ts$/, "js")),
    );
  return { file, folder: compiled.folder, manifest, entry, bindings: bindingsOf(compiled.folder, entry), tuning };
}

function bindingsOf(folder: string, entry: KernelEntry): Kernel[] {
  try {
    return entry.ir.map(({ dtypes, file }) =>
      storedKernel(readBundleFile(folder, file).toString("utf8"), { name: entry.name, dtypes, builds: entry.builds }),
    );
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    throw new InputError(`${join(folder)} is damaged: ${error.path}: ${error.message}`, "Build the bundle again.");
  }
}

import { assemble } from "../../../compiler/build/assemble.js";
import type { BundleFile } from "../../../compiler/build/earlier.js";
import { filesNamed, MANIFEST, readBundleFile, readManifest } from "../../../compiler/bundle/index.js";
import { kernel } from "./kernels.js";

const HEAD = 'const bundle = new URL("./", import.meta.url).href;\n';
const TYPES = 'import type { Kernel } from "tilescript";\n';

/** The files of a bundle whose kernel is documented as `mark`, so that every one of them differs from those of another mark. */
export function bundleFiles(mark: string, names: readonly string[] = ["k"]): BundleFile[] {
  const entries = names.map((name) => ({
    bindings: [{ kernel: kernel({ name, doc: mark }), triton: `# ${mark}` }],
    sourceHash: "",
    made: [],
  }));
  const modules = { "index.js": `${HEAD}// ${mark}\n`, "index.d.ts": `${TYPES}// ${mark}\n` };
  const { manifest, files } = assemble(entries, { tilescript: mark }, modules);
  return [...files, { path: MANIFEST, content: JSON.stringify(manifest) }];
}

/** Which bundle is in a folder, all of whose files are read. Throws where it is not whole. */
export function markOf(folder: string): string {
  const { manifest } = readManifest(folder);
  for (const file of filesNamed(manifest)) readBundleFile(folder, file);
  return manifest.compiler.tilescript;
}

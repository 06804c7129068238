import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { build, compileBuilds } from "../../../compiler/build/index.js";
import type { Manifest } from "../../../compiler/bundle/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const hashes = ({ kernels }: Manifest) => kernels.map(({ name, ir }) => [name, ir.map(({ file }) => file.sha256)]);

/** No architecture: what has to be compiled would take Triton. */
describe("builds that others than the author name", () => {
  const folder = temporaryFolder("compile-builds");
  const from = join(folder, "from");
  let ir: Manifest;
  beforeAll(async () => {
    const files = ["read-memory", "linear/weight-files"].map((name) => join(root, `runtime/kernels/${name}.kernel.ts`));
    ({ manifest: ir } = await build({ files, arch: [], out: from, project: root }));
  }, 60_000);

  const readMemory = (BLOCK: number) => ({ kernel: "readMemory", constants: { BLOCK, D: 64 }, options: { warps: 2 } });
  const padRows = (T: "f16" | "f32") => ({ kernel: "padRows", constants: { BLOCK: 256 }, dtypes: { T } });

  it("are in the bundle that is made, each once, of the dtypes that were asked for", async () => {
    const builds = [readMemory(1024), readMemory(2048), readMemory(1024), padRows("f16")];
    const { manifest } = await compileBuilds({ from, builds, arch: [], out: join(folder, "some") });
    const made = Object.fromEntries(manifest.kernels.map(({ name, builds }) => [name, builds]));
    expect(made).toEqual({
      padRows: [{ constants: { BLOCK: 256 }, dtypes: { T: "f16" }, pdl: false, warps: 4 }],
      readMemory: [1024, 2048].map((BLOCK) => ({ constants: { BLOCK }, dtypes: {}, pdl: false, warps: 2 })),
    });
  });

  it("leave the IR as it is, so that one tells whether a bundle is of today's kernels", async () => {
    const out = join(folder, "all");
    const { manifest } = await compileBuilds({ from, builds: [readMemory(1024)], arch: [], out, all: true });
    expect(hashes(manifest)).toEqual(hashes(ir));
    const again = await compileBuilds({ from: out, builds: [padRows("f32")], arch: [], out: from, all: true });
    expect(hashes(again.manifest)).toEqual(hashes(ir));
  });

  it("need a kernel of the bundle and all of its constants", async () => {
    const of = (one: Parameters<typeof compileBuilds>[0]["builds"][number]) =>
      compileBuilds({ from, builds: [one], arch: [], out: join(folder, "none") });
    await expect(of({ kernel: "writeMemory", constants: {} })).rejects.toThrow(/has no kernel "writeMemory"/);
    await expect(of({ kernel: "readMemory", constants: {} })).rejects.toThrow(/a build of "readMemory" lacks BLOCK/);
  });
});

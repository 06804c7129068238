import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { build, keptBundle } from "../../../compiler/build/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

/** Whether this user may write: root always may, whatever the modes say. */
const permissions = vi.hoisted(() => ({ write: true }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const accessSync = (path: string, mode?: number): void => {
    if (mode === real.constants.W_OK && !permissions.write) throw Object.assign(new Error("no"), { code: "EACCES" });
    real.accessSync(path, mode);
  };
  return { ...real, accessSync };
});

const project = temporaryFolder("kept");
const file = join(project, "k.kernel.ts");
const out = join(project, "bundle");
const SOURCE = `import { kernel, type Ptr, store } from "tilescript";
export const one = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, 1));
`;
beforeAll(async () => {
  writeFileSync(file, SOURCE);
  await build({ files: [file], arch: [], out, project });
});

it("a bundle that can be replaced is not kept", () => {
  expect(keptBundle(out, project, [])).toBeUndefined();
});

it("one that cannot be written to is taken as it is, if it has what is wanted and is of today's sources", () => {
  permissions.write = false;
  expect(keptBundle(out, project, [])).toMatchObject({
    folder: out,
    built: 0,
    manifest: { kernels: [{ name: "one" }] },
  });
  expect(() => keptBundle(out, project, [90])).toThrow(/not compiled for sm_90, and you may not write there/);
  expect(() => keptBundle(join(project, "none"), project, [])).toThrow(/there are no compiled kernels in/);
  writeFileSync(file, `${readFileSync(file, "utf8")}// changed\n`);
  expect(() => keptBundle(out, project, [])).toThrow(/are older than k\.kernel\.ts/);
});

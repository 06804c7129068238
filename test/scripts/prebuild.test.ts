import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { buildNative } from "../../scripts/build-native.mjs";
import { temporaryFolder } from "../temporary-folder.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A copy of what prebuilding needs, with an add-on that this machine's compiler made. */
function copyOfPackage(): string {
  expect(buildNative()).toMatchObject({ built: true });
  const copy = temporaryFolder("prebuild");
  mkdirSync(join(copy, "scripts"));
  for (const name of ["build-native.mjs", "needed-versions.mjs", "prebuild.mjs"])
    cpSync(join(root, "scripts", name), join(copy, "scripts", name), { preserveTimestamps: true });
  cpSync(join(root, "runtime/native"), join(copy, "runtime/native"), { recursive: true, preserveTimestamps: true });
  for (const name of ["dist", "node_modules"]) symlinkSync(join(root, name), join(copy, name));
  return copy;
}

function prebuildIn(copy: string, env: Record<string, string>) {
  const run = `import { prebuild } from ${JSON.stringify(join(copy, "scripts/prebuild.mjs"))}; await prebuild(console.log);`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", run], {
    env: { PATH: process.env.PATH!, TILESCRIPT_VENV: join(copy, "venv"), ...env },
    encoding: "utf8",
  });
}

const addonOf = (copy: string) => join(copy, `prebuilds/${process.platform}-${process.arch}/tilescript.node`);

it("where Zig cannot be had this machine's compiler builds the add-on, and what it then asks for is said", () => {
  const copy = copyOfPackage();
  const { stdout, stderr, status } = prebuildIn(copy, { TILESCRIPT_PYTHON: "/nowhere/python3" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toContain(
    "this machine's own compiler is taken. TILESCRIPT_PYTHON is /nowhere/python3, which does not run",
  );
  expect(stdout).toMatch(/prebuilds\/\S+\/tilescript\.node asks for glibc 2\.\d+/);
  expect(existsSync(addonOf(copy))).toBe(true);
});

it("npm's --offline keeps from downloading Zig", () => {
  const { stdout, stderr } = prebuildIn(copyOfPackage(), { npm_config_offline: "true", TILESCRIPT_NO_UV: "1" });
  expect(stderr).toContain("101 MB to download, 446 MB there");
  expect(stdout).toContain("is not installed, and the network was not to be used.");
}, 60_000);

it("a compiler that CXX names is taken as it is, and one that fails is told", () => {
  const copy = copyOfPackage();
  const { stdout } = prebuildIn(copy, { CXX: "/bin/false" });
  expect(stdout).toContain("The package has no add-on. /bin/false could not build the GPU launcher");
  expect(stdout).not.toContain("Zig");
  expect(existsSync(addonOf(copy))).toBe(false);
});

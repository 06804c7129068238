import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const copies = mkdtempSync(join(tmpdir(), "tilescript-native-"));
afterAll(() => rmSync(copies, { recursive: true }));

/** A copy of what building the add-on needs, with nothing built. */
function copyOfPackage(): string {
  const copy = mkdtempSync(join(copies, "package-"));
  mkdirSync(join(copy, "scripts"));
  cpSync(join(root, "scripts/build-native.mjs"), join(copy, "scripts/build-native.mjs"));
  cpSync(join(root, "runtime/native"), join(copy, "runtime/native"), {
    recursive: true,
    filter: (path) => !path.endsWith("/build"),
  });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

function buildIn(copy: string, env: Record<string, string>) {
  const run = spawnSync(process.execPath, [join(copy, "scripts/build-native.mjs")], { env, encoding: "utf8" });
  return { status: run.status, said: run.stdout + run.stderr };
}

it("without a compiler says what is missing, what works all the same, and how to get it; and that is no failure", () => {
  const { status, said } = buildIn(copyOfPackage(), { PATH: "/nowhere" });
  expect(status).toBe(0);
  expect(said).toContain("No C++ compiler was found");
  expect(said).toContain("Everything else works, with the CPU executor.");
  expect(said).toContain("sudo apt-get install g++");
});

it("without the headers names npm ci", () => {
  const copy = copyOfPackage();
  rmSync(join(copy, "node_modules"));
  const { status, said } = buildIn(copy, { PATH: process.env.PATH! });
  expect(status).toBe(0);
  expect(said).toContain("npm ci");
});

it.each(["/bin/false", "/bin/true"])(
  "with a compiler that makes nothing (%s) fails, says so, and leaves nothing",
  (compiler) => {
    const copy = copyOfPackage();
    const { status, said } = buildIn(copy, { PATH: process.env.PATH!, CXX: compiler });
    expect(status).toBe(1);
    expect(said).toContain(`${compiler} could not build the GPU launcher`);
    expect(readdirSync(join(copy, "runtime/native/build"))).toEqual([]);
  },
);

it("builds again only when a source is newer", () => {
  const copy = copyOfPackage();
  mkdirSync(join(copy, "runtime/native/build"));
  writeFileSync(join(copy, "runtime/native/build/tilescript.node"), "");
  expect(buildIn(copy, { PATH: "/nowhere" })).toEqual({ status: 0, said: "The GPU launcher is up to date.\n" });
  const later = Date.now() / 1000 + 60;
  utimesSync(join(copy, "runtime/native/driver.h"), later, later);
  expect(buildIn(copy, { PATH: "/nowhere" }).said).toContain("No C++ compiler was found");
});

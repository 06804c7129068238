/** What a library asks of the system that loads it, of libraries whose needs are known because they are linked against stubs. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findCompiler } from "../../scripts/build-native.mjs";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder("needed-versions");
const program = fileURLToPath(new URL("../../scripts/needed-versions.mjs", import.meta.url));

function link(name: string, source: string, ...args: readonly string[]): string {
  const [file, output] = [join(folder, `${name}.cc`), join(folder, name)];
  writeFileSync(file, source);
  const flags = ["-shared", "-fPIC", "-nostdlib", "-Wl,--no-as-needed", "-o", output, file, ...args];
  const [compiler, ...first] = findCompiler()!.split(" ");
  const { status, stderr } = spawnSync(compiler!, [...first, ...flags], { encoding: "utf8", cwd: folder });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return output;
}

/** A stub of a library in which a function has a version, and another library that calls both. */
function calling(versions: Readonly<Record<string, string>>, soname: string): string {
  const functions = Object.keys(versions);
  const body = (text: (one: string) => string) => functions.map(text).join("\n");
  writeFileSync(
    join(folder, "versions"),
    body((one) => `${versions[one]} { global: ${one}; };`),
  );
  const stub = link(
    `stub-${soname}`,
    body((one) => `extern "C" void ${one}() {}`),
    `-Wl,-soname,${soname}`,
    "-Wl,--version-script=versions",
  );
  const calls = `${body((one) => `extern "C" void ${one}();`)}\nvoid all() { ${body((one) => `${one}();`)} }`;
  return link(`calls-${soname}`, calls, stub);
}

const look = (file: string) => spawnSync(process.execPath, [program, file], { encoding: "utf8" });

it("takes what RHEL 8 and Debian 10 have", () => {
  const file = calling({ old_one: "GLIBC_2.2.5", newest: "GLIBC_2.28" }, "libc.so.6");
  expect(look(file)).toMatchObject({
    status: 0,
    stdout: `${file} asks for glibc 2.28, so it runs where glibc is 2.28 or newer\n`,
  });
});

it.each([
  ["libc.so.6", "GLIBC_2.34", "GLIBC_2.28"],
  ["libc.so.6", "GLIBC_2.100", "GLIBC_2.28"],
  ["libstdc++.so.6", "GLIBCXX_3.4.26", "GLIBCXX_3.4.25"],
  ["libstdc++.so.6", "CXXABI_1.3.12", "CXXABI_1.3.11"],
])("refuses what of %s is newer, with the symbol: %s", (library, version, limit) => {
  const { status, stderr } = look(calling({ old_one: limit, too_new: version }, library));
  expect(stderr).toContain(`cannot be shipped:\n  it needs ${version}, above ${limit} (too_new)\n`);
  expect(status).toBe(1);
});

it("refuses a version without a number, and a library that not every system has", () => {
  const { status, stderr } = look(calling({ packed: "GLIBC_ABI_DT_RELR", other: "OTHER_1" }, "libother.so.1"));
  expect(stderr.split("\n").slice(1, 4).sort()).toEqual([
    "  it is linked to libother.so.1",
    "  it needs GLIBC_ABI_DT_RELR (packed)",
    "  it needs OTHER_1 (other)",
  ]);
  expect(status).toBe(1);
});

it("says so of a file that is no library", () => {
  expect(look(program)).toMatchObject({ status: 1, stderr: `${program} is no 64-bit little-endian ELF file\n` });
});

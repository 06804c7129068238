// Makes the add-on that the package ships, prebuilds/PLATFORM-ARCH/tilescript.node. Node-API is the same in all versions of Node, so one does for all.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildNative, compileAll, isFresh } from "./build-native.mjs";
import { glibcOf, neededVersions, tooNew } from "./needed-versions.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const name = `prebuilds/${process.platform}-${process.arch}/tilescript.node`;
const output = join(root, name);

/** With all but glibc inside, and glibc as Node's own builds want it. */
const TARGETS = { x64: "x86_64-linux-gnu.2.28", arm64: "aarch64-linux-gnu.2.28" };

/** Zig from the private environment. Answers why there is no add-on of it, or undefined when there is one. */
async function buildWithZig(say) {
  const target = process.platform === "linux" && TARGETS[process.arch];
  if (!target) return `Zig makes none for ${process.platform}-${process.arch}`;
  const { ensureEnvironment } = await import("../dist/compiler/backends/triton/index.js");
  let environment;
  try {
    environment = await ensureEnvironment({
      extras: ["zig"],
      triton: false,
      offline: process.env.npm_config_offline === "true",
    });
  } catch (error) {
    if (error?.name !== "EnvironmentError") throw error;
    return `${error.missing} ${error.hint}`;
  }
  say(`builds ${name} with Zig for glibc 2.28, which takes a minute or two`);
  // The C++ library that Zig compiles goes with the environment.
  process.env.ZIG_GLOBAL_CACHE_DIR ??= join(environment.folder, "zig-cache");
  return compileAll([environment.python, "-I", "-m", "ziglang", "c++", "-target", target], output);
}

/** With the compiler of this machine, or the one that $CXX names. Answers as buildWithZig does. */
function buildHere() {
  // Another compiler than the one that built it may have been named since.
  if (process.env.CXX) rmSync(join(root, "runtime/native/build/tilescript.node"), { force: true });
  const native = buildNative();
  if (!native.built) return native.message;
  mkdirSync(dirname(output), { recursive: true });
  copyFileSync(native.path, output);
  return undefined;
}

const mayShip = () => isFresh(output) && tooNew(neededVersions(output)).length === 0;

/**
 * Brings it up to date: with $CXX where that is named, else with Zig, else (without a network, say) with this machine's compiler, which links it to
 * what this machine has. Tells what it did, and what the add-on asks for. Answers its path; undefined where there is none.
 */
export async function prebuild(say) {
  if (!mayShip()) {
    const complaint = process.env.CXX ? undefined : await buildWithZig(say);
    if (complaint)
      say(`There is no Zig to build for an old glibc, so this machine's own compiler is taken. ${complaint}`);
    if (process.env.CXX || (complaint && !isFresh(output))) {
      const failed = buildHere();
      if (failed) {
        say(`The package has no add-on. ${failed}`);
        return undefined;
      }
    }
  }
  const needed = neededVersions(output);
  const newer = tooNew(needed);
  const but =
    newer.length > 0
      ? [", so this package is for systems as new as this one, and no release:", ...newer].join("\n  ")
      : "";
  say(`${name} asks for glibc ${glibcOf(needed)}${but}`);
  return output;
}

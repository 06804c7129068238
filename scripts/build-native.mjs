// Builds the native add-on with whatever C++ compiler there is, when a source is newer than what is built.
// Without a compiler everything but the GPU still works, so that is a result, not a failure.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "runtime/native");
const target = join(folder, "build/tilescript.node");
/** Of Node-API: from the packages in a clone, from what is shipped in an installed package. */
const installed = join(root, "dist/vendor/headers");
const headers = existsSync(join(root, "node_modules/node-addon-api"))
  ? ["node-addon-api", "node-api-headers/include"].map((path) => join(root, "node_modules", path))
  : [installed];

const onPath = (name) =>
  name.includes("/")
    ? existsSync(name)
    : (process.env.PATH ?? "").split(delimiter).some((at) => at && existsSync(join(at, name)));

/** The compiler to use: $CXX first, which may have arguments as it may for make, or undefined. */
export const findCompiler = () =>
  [process.env.CXX, "g++", "clang++", "c++"].find((name) => name && onPath(name.split(" ")[0]));

const sources = () => readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name));
const program = fileURLToPath(import.meta.url);

/** Whether a built add-on is newer than all its sources and how they are compiled. */
export function isFresh(output) {
  if (!existsSync(output)) return false;
  const built = statSync(output).mtimeMs;
  return [program, ...sources().map((name) => join(folder, name))].every((path) => statSync(path).mtimeMs <= built);
}

/** Compiles one C++ file into a Node add-on. Answers the compiler's complaint, or undefined when it worked. A compiler is a line as $CXX is, or a list. */
export function compileAddon(compiler, source, output, flags = []) {
  mkdirSync(dirname(output), { recursive: true });
  // Under a name of its own, then renamed: two builds at once leave one whole file.
  const fresh = `${output}.${process.pid}`;
  const includes = headers.flatMap((path) => ["-isystem", path]);
  const options = [
    "-std=c++17",
    "-O2",
    "-shared",
    "-fPIC",
    "-pthread",
    "-fvisibility=hidden",
    // Node unloads an add-on with the last worker that has it, while the driver's threads may still run in it.
    "-Wl,-z,nodelete",
    "-Wall",
    "-Wextra",
    ...flags,
  ];
  const [command, ...first] = typeof compiler === "string" ? compiler.split(" ") : compiler;
  const run = spawnSync(command, [...first, ...options, "-DNAPI_CPP_EXCEPTIONS", ...includes, "-o", fresh, source], {
    encoding: "utf8",
  });
  if (run.error || run.status !== 0 || !existsSync(fresh)) {
    rmSync(fresh, { force: true });
    return run.error?.message ?? (run.stderr.trim() || `${command} ended with status ${run.status} and made nothing`);
  }
  renameSync(fresh, output);
  return undefined;
}

/**
 * Compiles the add-on as one translation unit of all sources: the headers of node-addon-api are most of the work, so they are read once.
 * Answers as compileAddon does.
 */
export function compileAll(compiler, output = target, flags = ["-s"]) {
  const unit = join(folder, "build", `all-${process.pid}.cc`);
  mkdirSync(dirname(unit), { recursive: true });
  const files = sources().filter((name) => name.endsWith(".cc"));
  writeFileSync(unit, files.map((name) => `#include "../${name}"\n`).join(""));
  const complaint = compileAddon(compiler, unit, output, flags);
  rmSync(unit, { force: true });
  return complaint;
}

/**
 * Makes sure that runtime/native/build/tilescript.node is there and current. Never throws.
 * `built` tells whether there is a usable add-on; `reason` is "compiled", "fresh", "unsupported-platform", "no-headers",
 * "no-compiler" or "compile-failed"; `message` says it to a person.
 */
export function buildNative() {
  const missing = (reason, message) => ({ built: false, path: undefined, reason, message });
  if (process.platform !== "linux") {
    return missing(
      "unsupported-platform",
      "The GPU launcher runs on Linux only. Everything else works, with the CPU executor.",
    );
  }
  if (isFresh(target))
    return { built: true, path: target, reason: "fresh", message: "The GPU launcher is up to date." };
  if (!headers.every((path) => existsSync(path))) {
    return missing(
      "no-headers",
      `The headers of Node-API are neither in node_modules nor in ${installed}, so the GPU launcher cannot be built. Run: npm ci`,
    );
  }
  const compiler = findCompiler();
  if (!compiler) {
    return missing(
      "no-compiler",
      "No C++ compiler was found (g++, clang++, c++ or $CXX), so the GPU launcher is not built. " +
        `Everything else works, with the CPU executor. To use a GPU: sudo apt-get install g++, then node ${program}.`,
    );
  }
  const complaint = compileAll(compiler);
  if (complaint !== undefined) {
    return missing(
      "compile-failed",
      `${compiler} could not build the GPU launcher; everything else works, with the CPU executor. It said:\n${complaint}`,
    );
  }
  return { built: true, path: target, reason: "compiled", message: `Built the GPU launcher with ${compiler}.` };
}

if (process.argv[1] && realpathSync(process.argv[1]) === program) {
  const result = buildNative();
  (result.built ? console.log : console.error)(result.message);
  process.exitCode = result.reason === "compile-failed" ? 1 : 0;
}

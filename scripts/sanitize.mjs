// The tests of the add-on and a fuzz of its surface, over the fake driver, with add-on and fake built for AddressSanitizer and for
// UndefinedBehaviorSanitizer in turn. Ends with a line for each.
//
//   node scripts/sanitize.mjs [--seconds 60] [--seed N] [--only address|undefined] [--skip-tests]
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileAddon, compileAll, findCompiler } from "./build-native.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: "string" },
    "skip-tests": { type: "boolean", default: false },
  },
});

/** Flags, the library that must be loaded before all others since Node itself is not built so, and what stops at the first fault. */
const VARIANTS = {
  address: {
    flags: ["-fsanitize=address", "-O1"],
    library: "libasan.so",
    // Node and V8 keep what they have until the end. A size that no machine has is for the driver to refuse.
    options: { ASAN_OPTIONS: "detect_leaks=0:allocator_may_return_null=1:exitcode=99:handle_segv=2:handle_sigfpe=2" },
  },
  undefined: {
    // Unoptimised, since its checks make the optimiser take minutes.
    flags: ["-fsanitize=undefined", "-fno-sanitize-recover=all", "-O0"],
    library: "libubsan.so",
    options: { UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1" },
  },
};

const compiler = findCompiler();
if (!compiler) throw new Error("no C++ compiler was found");

function build(name, { flags }) {
  const folder = join(root, "node_modules/.cache/sanitize", name);
  mkdirSync(folder, { recursive: true });
  const paths = { addon: join(folder, "tilescript.node"), fake: join(folder, "libcuda.so.1") };
  const all = [...flags, "-g", "-fno-omit-frame-pointer"];
  const complaint =
    compileAll(compiler, paths.addon, all) ??
    compileAddon(compiler, join(root, "test/runtime/native/fake/libcuda.cc"), paths.fake, [
      `-I${join(root, "runtime/native")}`,
      ...all,
    ]);
  if (complaint !== undefined) throw new Error(complaint);
  return paths;
}

function libraryOf(name) {
  const { stdout } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: "utf8" });
  const path = stdout.trim();
  if (!existsSync(path)) throw new Error(`${compiler} has no ${name}: install its sanitizer libraries`);
  return path;
}

/** Seconds of the fuzz, in a process that ends it where a call hangs. */
const FUZZ = `
  const { run } = await import(process.argv[1]);
  const [seed, seconds] = process.argv.slice(2).map(Number);
  const { inputs } = await run({ seed, deadline: Date.now() + 1000 * seconds });
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(inputs + " calls, peak " + peak + " MiB");`;

function run(what, args, env, seconds) {
  const began = Date.now();
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    env,
    stdio: "inherit",
    timeout: 1000 * seconds,
  });
  const ended = signal ? `ended by ${signal}` : `exit ${status}`;
  console.log(`${what}: ${ended} after ${Math.round((Date.now() - began) / 1000)} s`);
  return status === 0;
}

// Each ends with exit 0 or at once, by itself or, where a call hangs, by the time limit.
const outcomes = [];
for (const [name, variant] of Object.entries(VARIANTS)) {
  if (values.only && values.only !== name) continue;
  const { addon, fake } = build(name, variant);
  const env = {
    ...process.env,
    ...variant.options,
    LD_PRELOAD: libraryOf(variant.library),
    TILESCRIPT_NATIVE: addon,
    TILESCRIPT_FAKE: fake,
  };
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const suites = ["test/runtime/native", "test/runtime/device/cuda", "test/runtime/device/uploads.test.ts"];
  if (!values["skip-tests"]) outcomes.push(run(`${name}: tests`, [vitest, "run", ...suites], env, 3600));
  console.log(`${name}: fuzz, seed ${values.seed}`);
  const target = new URL("../test/fuzz/native-surface.mjs", import.meta.url).href;
  const args = ["--input-type=module", "-e", FUZZ, target, values.seed, values.seconds];
  outcomes.push(run(`${name}: fuzz`, args, { ...env, TILESCRIPT_LIBCUDA: fake }, Number(values.seconds) + 300));
}
process.exitCode = outcomes.every(Boolean) ? 0 : 1;

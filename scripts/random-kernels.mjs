// Compares random kernels on the CPU executor with Triton's interpreter, and prints the shortest one of the first that differs; or prints one
// of those that test/gpu runs.
//
//   node scripts/random-kernels.mjs [--count 2000] [--seed N] [--print INDEX]
import "../test/fuzz/harness/typescript.mjs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bringUpToDate } from "./dist.mjs";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string" },
    print: { type: "string" },
  },
});
bringUpToDate();
const { createFrontend } = await import("../dist/compiler/frontend/index.js");
const { CpuDevice } = await import("../dist/runtime/device/cpu/index.js");
const { compare } = await import("../test/random/compare.ts");
const { Trial } = await import("../test/random/trial.ts");

if (values.print !== undefined) {
  const { CORPUS } = await import("../test/random/corpus.ts");
  const { textOf } = await import("../test/random/check.ts");
  console.log(textOf(Number(values.seed ?? CORPUS.seed), Number(values.print)));
  process.exit();
}

const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const folder = mkdtempSync(join(tmpdir(), "tilescript-random-"));
const device = await CpuDevice.open({ threads: 1, store: null });
try {
  const trial = new Trial(folder, createFrontend(), device, seed);
  const count = Number(values.count);
  const { run, refused, difference } = await compare(trial, seed, count, (at) => console.error(`${at} of ${count}`));
  console.log(difference ?? `${run} kernels, ${refused} of them refused: no difference (seed ${seed})`);
  process.exitCode = difference === undefined ? 0 : 1;
} finally {
  device.close();
  rmSync(folder, { recursive: true, force: true });
}

// Tries every op of the language on every dtype and kind of operand: what `check` accepts must build for sm_90 and for the CPU executor.
//
//   node scripts/operands.mjs [--only TEXT] [--seed N] [--count N]
//
// --only takes the statements with TEXT in them, --count as many as a seed draws; all of them take an hour and a half.
import "../test/fuzz/harness/typescript.mjs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bringUpToDate } from "./dist.mjs";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, only: { type: "string", default: "" }, count: { type: "string" } },
});
bringUpToDate();
const { createFrontend } = await import("../dist/compiler/frontend/index.js");
const { ensureEnvironment, startTriton } = await import("../dist/compiler/backends/triton/index.js");
const { allStatements, drawnStatements } = await import("../test/operands/statements.ts");
const { Trial } = await import("../test/operands/trial.ts");

/** Statements that are checked in one file. */
const TOGETHER = 1_000;

const seed = Number(values.seed);
const drawn = values.count === undefined ? allStatements(seed) : drawnStatements(seed, Number(values.count));
const statements = [...drawn].filter((one) => one.includes(values.only));
const folder = mkdtempSync(join(tmpdir(), "tilescript-operands-"));
const triton = await startTriton({ environment: await ensureEnvironment(), jobs: 2 });
let [accepted, failed] = [0, 0];
try {
  const trial = new Trial(folder, createFrontend(), triton);
  for (let at = 0; at < statements.length; at += TOGETHER) {
    const result = await trial.failures(statements.slice(at, at + TOGETHER));
    accepted += result.accepted;
    failed += result.failures.length;
    for (const { statement, message } of result.failures) console.log(`${statement}\n    ${message.slice(0, 600)}`);
    console.error(
      `${Math.min(at + TOGETHER, statements.length)} of ${statements.length}: ${accepted} accepted, ${failed} not built`,
    );
  }
} finally {
  await triton.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;

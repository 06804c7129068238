import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../built-cli.js";

/** How often a function is called before V8's optimizing compiler takes it up (64 in what V8 says of it), and what V8 says else. */
function callsUntilOptimized(before: string): { readonly calls: number; readonly errors: string } {
  const program = `${before}
    let calls = 0;
    const summed = (x) => { let sum = 0; for (let i = 0; i < 50; i++) sum += x ^ i; return sum; };
    while (!(%GetOptimizationStatus(summed) & 64) && calls < 1e6) summed(calls++);
    console.log(calls);`;
  const options = ["--allow-natives-syntax", "--no-concurrent-recompilation", "--input-type=module"];
  const done = spawnSync(process.execPath, [...options, "--eval", program], { encoding: "utf8", cwd: root });
  return { calls: Number(done.stdout), errors: done.stderr };
}

test("a check lets V8 optimise later, by flags that this version knows", () => {
  const usual = callsUntilOptimized("");
  const less = callsUntilOptimized(
    'import { optimizeLess } from "./dist/cli/kernels/optimize-less.js"; optimizeLess();',
  );
  expect(less.errors).toBe("");
  expect(usual.calls).toBeLessThan(1e6);
  expect(less.calls).toBeGreaterThan(usual.calls);
});

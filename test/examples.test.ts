import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "./built-cli.js";
import { WarmCommand } from "./cli/warm-cli.js";

const examples = readdirSync(`${root}examples`)
  .filter((name) => name.endsWith(".kernel.ts"))
  .map((name) => name.replace(".kernel.ts", ""));

const command = new WarmCommand();

test.each([
  ...examples.map((name): [string, string] => [name, `examples/${name}.ts`]),
  ["host-program", "examples/host-program/main.ts"],
] as const)("%s is right on the CPU executor", async (name, script) => {
  const { status, stdout, stderr } = await command.run(root, ["run", "--device", "cpu", script]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const results = stdout
    .trimEnd()
    .split("\n")
    .filter((line) => line.includes(" on "));
  expect(results.length).toBeGreaterThan(0);
  for (const line of results) expect(line).toMatch(new RegExp(`^${name}: .* on .*: right, largest error`));
});

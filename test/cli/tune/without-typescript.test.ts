/** A machine that only runs bundles has no TypeScript to load. */

import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { root } from "../../built-cli.js";

const loadedBy = (module: string): string[] =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        "-e",
        `import("${root}dist/${module}").then(() => console.log(JSON.stringify(Object.keys(require.cache).filter((name) => /typescript\\.js$/.test(name)))))`,
      ],
      { encoding: "utf8" },
    ),
  );

it("tuning a bundle loads none", () => {
  expect(loadedBy("compiler/check.js").length).toBe(1);
  expect(loadedBy("cli/tune/tune-kernel.js")).toEqual([]);
});

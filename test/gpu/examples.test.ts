import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { bundle, root } from "./devices.js";

const examples = readdirSync(`${root}dist/examples`)
  .filter((name) => name.endsWith(".kernel.js"))
  .map((name) => name.replace(".kernel.js", ""));

for (const name of examples)
  test(name, () => {
    const script = `${root}dist/examples/${name}.js`;
    const done = spawnSync(
      process.execPath,
      [`${root}cli/bin.mjs`, "run", "--device", "cuda", "--bundle", bundle("examples"), script],
      { encoding: "utf8" },
    );
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stdout, new RegExp(`^${name}: .*NVIDIA.*: right`));
  });

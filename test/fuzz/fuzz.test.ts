/** A minute of fuzzing, a fair share for each target, with other inputs each time. `node scripts/fuzz.mjs --seed N --target NAME` repeats. */

import { expect, test } from "vitest";
import "../built-cli.js";
import { findTargets } from "./harness/targets.js";
import { watch } from "./harness/watch.js";

const targets = findTargets();
const seed = Math.floor(Math.random() * 2 ** 31);
const seconds = 60 / targets.length;

test.each(targets)(
  "$name",
  async (target) => {
    console.log(`fuzz: ${target.name}, seed ${seed}`);
    const { fault, inputs } = await watch(target, { kind: "run", seed, seconds });
    expect(fault?.message).toBeUndefined();
    expect(inputs).toBeGreaterThan(0);
  },
  // What takes long is what the watcher ends.
  600_000,
);

/** A target whose inputs do what they say, to try the watcher with. */

import fc from "fast-check";
import { attempts } from "./target.js";

export const name = "misbehaving";

const kept: Uint8Array[] = [];
const deeds: Readonly<Record<string, () => unknown>> = {
  "do nothing": () => undefined,
  refuse: () => {
    throw Object.assign(new Error("no"), { name: "ModelError" });
  },
  fail: () => {
    throw new TypeError("a is not a function");
  },
  abort: () => process.abort(),
  exit: () => process.exit(0),
  hang: () => {
    for (;;);
  },
  wait: () => new Promise(() => setInterval(() => {}, 1000)),
  eat: async () => {
    for (;;) {
      kept.push(new Uint8Array(1 << 24).fill(1));
      await new Promise(setImmediate);
    }
  },
};

export const { run, replay } = attempts({
  inputs: fc.record({ deed: fc.constantFrom("do nothing", "refuse", "fail"), more: fc.array(fc.nat()) }),
  right: [{ deed: "do nothing", more: [] }],
  refusals: ["ModelError"],
  attempt: ({ deed }) => deeds[deed]!(),
});

/** Whatever an input does to its process, the watcher lives on and names the input. */

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Limits, usualLimits, watch } from "./harness/watch.js";

const target = { name: "misbehaving", path: fileURLToPath(new URL("./harness/misbehaving.ts", import.meta.url)) };
const limits: Limits = { ...usualLimits, cpuSeconds: 0.5, seconds: 4, bytes: 400 << 20 };

const doing = (limits: Limits, ...deeds: readonly string[]) =>
  watch(target, { kind: "replay", inputs: deeds.map((deed) => ({ deed, more: [] })) }, limits);

test("what is thrown is told, and nothing that is not", async () => {
  const { fault, replayed, inputs } = await doing(usualLimits, "do nothing", "refuse", "fail");
  expect(fault).toBeUndefined();
  expect(inputs).toBe(3);
  expect(replayed.map((error) => error?.name)).toEqual([undefined, "ModelError", "TypeError"]);
});

test.each([
  ["abort", "crash", "SIGABRT"],
  ["exit", "crash", "exit code 0"],
  ["hang", "hang", "0.5 s of a processor"],
  ["wait", "hang", "done nothing for 4 s"],
  ["eat", "memory", "more than 400 MiB"],
])("%s is a fault", async (deed, kind, what) => {
  // To fill memory takes time of a processor too.
  const { fault } = await doing(deed === "eat" ? { ...limits, cpuSeconds: 60 } : limits, "do nothing", deed);
  expect(fault).toMatchObject({
    kind,
    message: expect.stringContaining(what),
    input: JSON.stringify({ deed, more: [] }),
  });
});

test("a fault comes with its seed and the smallest input that was found, and the same seed finds it again", async () => {
  const find = () => watch(target, { kind: "run", seed: 7, seconds: 20 });
  const { fault, inputs } = await find();
  expect(fault).toMatchObject({ kind: "error", input: '{"deed":"fail","more":[]}' });
  expect(fault?.message).toMatch(/^seed 7: TypeError: a is not a function .*; input: \{"deed":"fail","more":\[\]\}$/);
  expect((await find()).inputs).toBe(inputs);
});

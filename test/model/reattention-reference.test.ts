/** test/fixtures/reattention-greedy.json, what ReAttention's model tests compare with: Python still makes it so. */

import { readFileSync } from "node:fs";
import { execa } from "execa";
import { expect, it } from "vitest";
import { findDemoModel } from "../../runtime/weights/index.js";
import { referencePython } from "../reference/python.js";
import { type GreedyCase, readGreedyCases } from "./greedy.js";

const fixtures = readGreedyCases(new URL("../fixtures/reattention-greedy.json", import.meta.url));
const prompts: { readonly name: string }[] = JSON.parse(
  readFileSync(new URL("../reference/reattention_prompts.json", import.meta.url), "utf8"),
);

it("answers every prompt of reattention_prompts.json, the hidden code too", () => {
  expect(fixtures.map(({ name }) => name)).toEqual(prompts.map(({ name }) => name));
  expect(fixtures.find(({ name }) => name === "hidden-code")!.text).toContain("7481");
});

const python = referencePython("numpy");

it.runIf(python)("is what the float32 reference computes today", { timeout: 120_000 }, async () => {
  const program = new URL("../reference/llama.py", import.meta.url).pathname;
  const name = "system-message";
  const wanted = fixtures.find((one) => one.name === name)!;
  const mode = "global=4,local=32,topK=4,span=8,clip=6,chunk=16";
  const options = ["--model", findDemoModel(), "--prompts", "-", "--max-tokens", "32", "--reattention", mode];
  const input = JSON.stringify(prompts.filter((one) => one.name === name));
  const { stdout } = await execa(python!, [program, ...options], { input });
  const [got] = JSON.parse(stdout) as [GreedyCase];
  expect(got.ids).toEqual(wanted.ids);
  expect(got.text).toBe(wanted.text);
  got.gaps.forEach((gap, step) => {
    expect(gap).toBeCloseTo(wanted.gaps[step]!, 2);
  });
});

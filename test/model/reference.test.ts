/** test/fixtures/greedy.json, what the model tests compare with: it fits the tokenizer, and Python still makes it so. */

import { readFileSync } from "node:fs";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { createTokenizer } from "../../runtime/tokenizer/index.js";
import { findDemoModel, openGguf } from "../../runtime/weights/index.js";
import { referencePython } from "../reference/python.js";
import { type GreedyCase, readGreedyCases } from "./greedy.js";

const model = findDemoModel();
const fixtures = readGreedyCases(new URL("../fixtures/greedy.json", import.meta.url));
const prompts: Pick<GreedyCase, "name" | "messages">[] = JSON.parse(
  readFileSync(new URL("../reference/prompts.json", import.meta.url), "utf8"),
);

it("answers every prompt of prompts.json", () => {
  expect(fixtures.map(({ name, messages }) => ({ name, messages }))).toEqual(prompts);
});

describe("with the runtime's tokenizer", () => {
  const tokenizer = createTokenizer(openGguf(model).metadata);

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "%s has the same ids and text",
    async (_, fixture) => {
      expect(await tokenizer.encodeChat(fixture.messages)).toEqual(fixture.promptIds);
      expect(tokenizer.decode(fixture.ids, { skipSpecial: true })).toBe(fixture.text);
      expect(fixture.gaps.length).toBe(fixture.ids.length);
      const ended = fixture.ids.findIndex((id) => tokenizer.eosIds.includes(id));
      expect(ended === -1 ? 48 : ended + 1).toBe(fixture.ids.length);
    },
  );
});

const python = referencePython("numpy");

it.runIf(python)("is what the float32 reference computes today", { timeout: 120_000 }, async () => {
  const program = new URL("../reference/llama.py", import.meta.url).pathname;
  const wanted = fixtures[0]!;
  const arguments_ = [program, "--model", model, "--prompts", "-", "--max-tokens", "48"];
  const { stdout } = await execa(python!, arguments_, { input: JSON.stringify(prompts.slice(0, 1)) });
  const [{ gaps, ...got }] = JSON.parse(stdout) as [GreedyCase];
  expect({ ...got, gaps: wanted.gaps }).toEqual(wanted);
  gaps.forEach((gap, step) => {
    expect(gap).toBeCloseTo(wanted.gaps[step]!, 2);
  });
});

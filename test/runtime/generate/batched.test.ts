/** Many answers at once: what they say, who goes first, and who leaves when. */

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Model } from "../../../runtime/index.js";
import { Batch } from "../../../runtime/models/batch.js";
import { Runner } from "../../../runtime/models/runner.js";
import { loadTiny, loadTogether, promptOf } from "./tiny-model.js";

afterEach(() => vi.restoreAllMocks());

const MODES = [
  "dense",
  "streaming:global=4,local=16,chunk=8",
  "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=8",
];

const ask = (model: Model, length: number, maxTokens: number, temperature = 1) =>
  model.generateFrom(promptOf(length), { maxTokens, temperature, topK: 12, topP: 0.98, seed: length });

/** Lengths of prompts, and of their answers. */
const ASKED = [
  [5, 30],
  [200, 12],
  [17, 25],
  [40, 3],
  [9, 1],
  [130, 20],
  [64, 16],
] as const;

describe.each(MODES)("%s", (attention) => {
  it("answers at once are those that each would get alone", async () => {
    using together = await loadTogether({ attention, sequences: 4 });
    using alone = await loadTiny({ attention });
    const results = await Promise.all(ASKED.map(([length, maxTokens]) => ask(together, length, maxTokens).result));
    let equal = 0;
    for (const [index, [length, maxTokens]] of ASKED.entries()) {
      const { tokens } = await ask(alone, length, maxTokens).result;
      const got = results[index]!.tokens;
      const parted = tokens.findIndex((id, at) => got[at] !== id);
      equal += parted < 0 ? tokens.length : parted;
    }
    // A close call parts two answers for good, and is rare.
    expect(equal).toBeGreaterThan(0.8 * results.reduce((sum, { tokens }) => sum + tokens.length, 0));
  });
});

it("as many as there are decode in one step", async () => {
  using model = await loadTogether({ sequences: 8 });
  const [one, many] = [vi.spyOn(Runner.prototype, "step"), vi.spyOn(Batch.prototype, "step")];
  const results = await Promise.all([3, 4, 5, 6, 7].map((length) => ask(model, length, 40, 0).result));
  const tokens = results.reduce((sum, { tokens }) => sum + tokens.length, 0);
  expect(tokens).toBe(200);
  // The prompts are read one after another, and whoever is first begins.
  expect(many.mock.calls.length).toBeGreaterThan(35);
  expect(many.mock.calls.length + one.mock.calls.length).toBeLessThan(50);
});

it("so few as the device is faster with one after another take the step of one each", async () => {
  using model = await loadTiny({ sequences: 8 });
  const least = model.device.traits.togetherFrom;
  const many = vi.spyOn(Batch.prototype, "step");
  const asked = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => ask(model, 3 + i, 20, 0).result));
  await asked(least - 1);
  expect(many).not.toHaveBeenCalled();
  await asked(least);
  expect(many).toHaveBeenCalled();
});

it("one that is alone takes the step of one", async () => {
  using model = await loadTogether({ sequences: 8 });
  const many = vi.spyOn(Batch.prototype, "step");
  await ask(model, 10, 20).result;
  expect(many).not.toHaveBeenCalled();
});

it("a long prompt holds others for no longer than a chunk", async () => {
  using model = await loadTogether({ sequences: 2, context: 2048 });
  const events: string[] = [];
  const { read } = Runner.prototype;
  vi.spyOn(Runner.prototype, "read").mockImplementation(function (this: Runner, chunk, tokens) {
    events.push("chunk");
    return read.call(this, chunk, tokens);
  });
  const writes = ask(model, 5, 60, 0);
  const pieces = writes[Symbol.asyncIterator]();
  await pieces.next();
  const reads = ask(model, 1500, 2, 0).result;
  for await (const _ of { [Symbol.asyncIterator]: () => pieces }) events.push("token");
  await reads;
  const long = events.slice(events.indexOf("chunk") + 1);
  const chunks = long.flatMap((event, index) => (event === "chunk" ? [index] : []));
  expect(chunks.length).toBeGreaterThan(10);
  // Between two chunks there is a token, as long as there are any.
  for (const [index, at] of chunks.slice(1).entries())
    if (long.slice(at).includes("token")) expect(long.slice(chunks[index]! + 1, at)).toContain("token");
});

it("a short prompt is read between the chunks of a long one", async () => {
  using model = await loadTogether({ sequences: 2, context: 2048 });
  const long = ask(model, 1500, 2, 0).result;
  const short = ask(model, 100, 2, 0).result;
  const first = await Promise.race([long.then(() => "long"), short.then(() => "short")]);
  expect(first).toBe("short");
  await long;
});

it.each([
  ["dense", 300, 30],
  [MODES[2]!, 296, 80],
])("what prompts that come together begin with is read once: %s", async (attention, shared, most) => {
  using model = await loadTogether({ sequences: 5, attention });
  const begin = promptOf(300);
  const prompts = [0, 1, 2, 3].map((one) => [...begin, one, one + 4]);
  const wanted = (await model.generateFrom(prompts[2]!, { maxTokens: 1 }).result).tokens;
  using fresh = await loadTogether({ sequences: 5, attention });
  const read = vi.spyOn(Runner.prototype, "read");
  const answers = prompts.map((prompt) => fresh.generateFrom(prompt, { maxTokens: 1 }).result);
  const other = fresh.generateFrom(promptOf(20, 7), { maxTokens: 1 }).result;
  const results = await Promise.all(answers);
  await other;
  expect(results[2]!.tokens).toEqual(wanted);
  for (const { cachedTokens } of results.slice(1)) expect(cachedTokens).toBeGreaterThanOrEqual(shared);
  const tokens = read.mock.calls.reduce((sum, [{ count }]) => sum + count, 0);
  expect(tokens).toBeLessThanOrEqual(300 + 2 + 20 + most);
});

it("who waits for what another reads reads it alone when that one is left", async () => {
  using model = await loadTogether({ sequences: 2, context: 2048 });
  const leaving = new AbortController();
  const begin = promptOf(1200);
  const first = model.generateFrom([...begin, 1], {
    maxTokens: 1,
    signal: leaving.signal,
    onPrefill: () => leaving.abort(),
  });
  const second = model.generateFrom([...begin, 2], { maxTokens: 1 });
  const [left, { tokens }] = await Promise.all([first.result.catch((error: Error) => error.name), second.result]);
  expect([left, tokens.length]).toEqual(["AbortError", 1]);
});

it("who joins, leaves or is left does not disturb the others", async () => {
  using model = await loadTogether({ sequences: 3 });
  using alone = await loadTiny();
  const wanted = (await ask(alone, 30, 60, 0).result).tokens;
  const stays = ask(model, 30, 60, 0).result;
  const left = ask(model, 31, 300, 0);
  const controller = new AbortController();
  const stopped = model.generateFrom(promptOf(32), { maxTokens: 300, signal: controller.signal });
  const waits = ask(model, 33, 5, 0).result;
  for await (const _ of left) break;
  for await (const _ of stopped) {
    controller.abort(new Error("enough"));
    break;
  }
  expect((await waits).tokens).toHaveLength(5);
  await expect(stopped.result).rejects.toThrow("enough");
  const { tokens } = await stays;
  const parted = tokens.findIndex((id, index) => id !== wanted[index]);
  expect(parted < 0 ? tokens.length : parted).toBeGreaterThan(30);
});

it("a conversation goes on in the cache that a batch wrote", async () => {
  using model = await loadTogether({ sequences: 4 });
  using alone = await loadTiny();
  const first = await Promise.all([20, 21, 22].map((length) => ask(model, length, 12).result));
  for (const [index, { tokens }] of first.entries()) {
    const prompt = [...promptOf(20 + index), ...tokens, 1, 2, 3];
    const again = { maxTokens: 6, temperature: 0 };
    const { cachedTokens, tokens: got } = await model.generateFrom(prompt, again).result;
    expect(cachedTokens).toBeGreaterThanOrEqual(20 + index + tokens.length - 1);
    expect(got.slice(0, 2)).toEqual((await alone.generateFrom(prompt, again).result).tokens.slice(0, 2));
  }
});

/** Conversations: what is read of them, and what they come to. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GenerateError, type GenerateOptions, type Model } from "../../../runtime/index.js";
import { Runner } from "../../../runtime/models/runner.js";
import { loadTiny, MARKS } from "./tiny-model.js";

let model: Model;
beforeEach(async () => {
  model = await loadTiny();
});
afterEach(() => {
  model.close();
  vi.restoreAllMocks();
});

/** A seed whose answer has tokens of two letters, and none of the template's. */
const PLAIN = 2;

const drawn = (seed: number, maxTokens = 24): GenerateOptions => ({
  temperature: 1,
  topK: 4,
  topP: 1,
  seed,
  maxTokens,
});

/** Counts tokens that are read from now on. */
function tokensRead(): () => number {
  const spy = vi.spyOn(Runner.prototype, "read");
  return () => spy.mock.calls.reduce((sum, [chunk]) => sum + chunk.count, 0);
}

describe("a session", () => {
  it("reads only what is new of each turn, however its answers are written", async () => {
    const session = model.session({ system: "abcdefgh" });
    const read = tokensRead();
    const first = await session.prompt("aabb", drawn(PLAIN)).result;
    expect(first.tokens.every((id) => id < MARKS)).toBe(true);
    expect(first.cachedTokens).toBe(0);
    expect(read()).toBe(first.promptTokens);
    // Some tokens are two letters, which a prompt would be written with one by one.
    expect(await model.tokenizer.encode(first.text)).not.toEqual(first.tokens);
    const second = await session.prompt("ccdd", drawn(2)).result;
    // The token that came last was not read yet; behind the answer are the end of its turn, four letters, and the marks around them.
    expect(second.promptTokens).toBe(first.promptTokens + first.tokens.length + 1 + 1 + 4 + 1 + 1);
    expect(second.promptTokens - second.cachedTokens).toBeLessThanOrEqual(9);
    expect(read()).toBe(first.promptTokens + second.promptTokens - second.cachedTokens);
  });

  it("answers as a model does that reads it all", async () => {
    const session = model.session();
    const before = await model.tokenizer.encodeChat([{ role: "user", content: "abcabc" }]);
    const { tokens: said } = await session.prompt("abcabc", drawn(3)).result;
    const asked = [...session.history, { role: "user" as const, content: "dd" }];
    const { text } = await session.prompt("dd", drawn(4)).result;
    using other = await loadTiny();
    // Behind the answer its end, the user's mark, dd, its end, and the assistant's mark.
    const tokens = [...before, ...said, 19, 17, 3, 3, 19, 18];
    const afresh = await other.generateFrom(tokens, drawn(4)).result;
    expect(afresh.cachedTokens).toBe(0);
    expect(text).toBe(afresh.text);
    expect(session.history).toEqual([...asked, { role: "assistant", content: text }]);
  });

  it("may go on from any history", async () => {
    const history = [
      { role: "user" as const, content: "ab" },
      { role: "assistant" as const, content: "cd" },
    ];
    const session = model.session({ system: "m", history });
    await session.prompt("e", drawn(1, 2)).result;
    expect(session.history.slice(0, 4)).toEqual([
      { role: "system", content: "m" },
      ...history,
      { role: "user", content: "e" },
    ]);
  });

  it("has two forks that go on by themselves, and read what they have in common once", async () => {
    const session = model.session({ system: "abcdefghijklm".repeat(4) });
    const first = await session.prompt("abc", drawn(5)).result;
    const fork = session.fork();
    const read = tokensRead();
    const one = await session.prompt("k", drawn(6)).result;
    const other = await fork.prompt("l", drawn(7)).result;
    for (const { cachedTokens } of [one, other]) expect(cachedTokens).toBeGreaterThanOrEqual(first.promptTokens);
    expect(read()).toBeLessThan(20);
    expect(session.history.slice(0, -2)).toEqual(fork.history.slice(0, -2));
    expect(session.history.at(-2)).not.toEqual(fork.history.at(-2));
    // And both are still there.
    const again = await session.prompt("m", drawn(8, 3)).result;
    expect(again.cachedTokens).toBeGreaterThanOrEqual(one.promptTokens);
    expect((await fork.prompt("m", drawn(9, 3)).result).cachedTokens).toBeGreaterThanOrEqual(other.promptTokens);
  });

  it("keeps what was said before it was left, and nothing of what failed", async () => {
    const session = model.session();
    const controller = new AbortController();
    let said = "";
    const stopped = session.prompt("abc", { maxTokens: 300, signal: controller.signal });
    const read = async () => {
      for await (const { text } of stopped) {
        said += text;
        if (said.length > 3) controller.abort(new Error("enough"));
      }
    };
    await expect(read()).rejects.toThrow("enough");
    const history = [
      { role: "user", content: "abc" },
      { role: "assistant", content: said },
    ];
    expect(session.history).toEqual(history);
    await expect(session.prompt("d".repeat(600)).result).rejects.toThrow(GenerateError);
    expect(session.history).toEqual(history);
    await session.prompt("e", drawn(1, 2)).result;
    expect(session.history).toHaveLength(4);
  });

  it("answers one message at a time, and none once it is closed", async () => {
    const session = model.session();
    const first = session.prompt("a", { maxTokens: 300 });
    const result = first.result;
    await expect(session.prompt("b").result).rejects.toMatchObject({ name: "GenerateError", option: "session" });
    session[Symbol.dispose]();
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
    await expect(session.prompt("b").result).rejects.toThrow("used after it was closed");
    expect(() => session.fork()).toThrow("used after it was closed");
  });
});

/** No generation can hold another, whatever whoever reads it does. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeviceError, GenerateError, type Model } from "../../../runtime/index.js";
import { Runner } from "../../../runtime/models/runner.js";
import { loadTiny, promptOf } from "./tiny-model.js";

const LONG = 400;

let model: Model;
beforeEach(async () => {
  model = await loadTiny();
});
afterEach(() => {
  model.close();
  vi.restoreAllMocks();
});

const start = (maxTokens: number, signal?: AbortSignal, seed = maxTokens) =>
  model.generateFrom(promptOf(9, seed), { maxTokens, signal });

/** What a promise has come to by now. */
const stateOf = (promise: Promise<unknown>): Promise<string> =>
  Promise.race([
    promise.then(
      () => "done",
      () => "failed",
    ),
    new Promise<string>((resolve) => setImmediate(() => resolve("under way"))),
  ]);

describe("a generation goes on at its own pace", () => {
  it("while its iteration is paused", async () => {
    const paused = start(40);
    const pieces = paused[Symbol.asyncIterator]();
    const first = await pieces.next();
    const { tokens } = await start(8).result;
    expect(tokens.length).toBeGreaterThan(0);
    const { text } = await paused.result;
    let read = first.value!.text;
    for await (const piece of { [Symbol.asyncIterator]: () => pieces }) read += piece.text;
    expect(read).toBe(text);
  });

  it("beside many that one signal ends, without a warning of a leak", async () => {
    const warn = vi.spyOn(process, "emitWarning");
    const stop = new AbortController();
    const results = Array.from({ length: 12 }, (_, at) => start(LONG, stop.signal, at).result);
    stop.abort();
    const states = await Promise.allSettled(results);
    expect(states.map(({ status }) => status)).toEqual(states.map(() => "rejected"));
    expect(warn).not.toHaveBeenCalled();
  });

  it("when its iterator is dropped", async () => {
    await start(40)[Symbol.asyncIterator]().next();
    await expect(start(8).result).resolves.toBeDefined();
  });

  it("and whoever iterates again gets all pieces", async () => {
    const generation = start(12);
    const { text } = await generation.result;
    for (const _ of [1, 2]) {
      let read = "";
      for await (const piece of generation) read += piece.text;
      expect(read).toBe(text);
    }
  });

  it("only once it was asked for", async () => {
    const step = vi.spyOn(Runner.prototype, "read");
    start(8);
    await start(4, undefined, 77).result;
    expect(step).toHaveBeenCalledTimes(1);
  });
});

describe("a place is free within a step", () => {
  it("of an iteration that is left", async () => {
    const left = start(LONG);
    for await (const _ of left) break;
    const step = vi.spyOn(Runner.prototype, "step");
    const { tokens } = await start(5).result;
    expect(step.mock.calls.length).toBeLessThanOrEqual(1 + tokens.length);
    await expect(left.result).rejects.toMatchObject({ name: "AbortError" });
  });

  it("of an iterator that is left while it waits for a piece", async () => {
    const before = start(LONG);
    const [, waits] = [before.result.catch(() => {}), start(8)];
    const pieces = waits[Symbol.asyncIterator]();
    const next = pieces.next();
    next.catch(() => {});
    await pieces.return!();
    await expect(next).rejects.toMatchObject({ name: "AbortError" });
    expect(await stateOf(before.result)).toBe("under way");
  });

  it("of a signal that is given", async () => {
    const controller = new AbortController();
    const stopped = start(LONG, controller.signal);
    for await (const _ of stopped) {
      controller.abort(new Error("enough"));
      break;
    }
    const step = vi.spyOn(Runner.prototype, "step");
    const { tokens } = await start(5).result;
    expect(step.mock.calls.length).toBeLessThanOrEqual(1 + tokens.length);
    await expect(stopped.result).rejects.toThrow("enough");
  });
});

describe("a generation that waits for its turn", () => {
  it("ends at once when its signal is given, and the one before it goes on", async () => {
    const controller = new AbortController();
    const before = start(LONG);
    const waits = start(8, controller.signal);
    const [first, second] = [before.result, waits.result];
    second.catch(() => {});
    await before[Symbol.asyncIterator]().next();
    controller.abort(new Error("no more"));
    expect(await stateOf(second)).toBe("failed");
    await expect(second).rejects.toThrow("no more");
    expect(await stateOf(first)).toBe("under way");
    expect((await first).tokens.length).toBeGreaterThan(8);
  });

  it("ends at once when the model is closed", async () => {
    const [first, second] = [start(LONG).result, start(8).result];
    for (const result of [first, second]) result.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    model.close();
    await expect(second).rejects.toThrow(DeviceError);
    await expect(second).rejects.toThrow("closed before this generation's turn came");
    await expect(first).rejects.toThrow("after it was closed");
    await expect(start(8).result).rejects.toThrow("after it was closed");
  });

  it("ends at once when the model is disposed of, and that waits for nobody", async () => {
    const first = start(LONG);
    const results = [first.result, start(LONG, undefined, 2).result];
    for (const result of results) result.catch(() => {});
    await first[Symbol.asyncIterator]().next();
    await model[Symbol.asyncDispose]();
    for (const result of results) await expect(result).rejects.toThrow(DeviceError);
  });

  it("is refused where as many wait as may", async () => {
    using small = await loadTiny({ waiting: 2 });
    const ask = (seed: number) => small.generateFrom(promptOf(5, seed), { maxTokens: 30 }).result;
    const asked = [1, 2, 3, 4].map(ask);
    const [, , , refused] = await Promise.allSettled(asked);
    expect(refused).toMatchObject({ status: "rejected", reason: { name: "GenerateError", option: "waiting" } });
    expect((refused as PromiseRejectedResult).reason.message).toMatch(/^2 generations wait already/);
    for (const one of asked.slice(0, 3)) await expect(one).resolves.toBeDefined();
    await expect(ask(5)).resolves.toBeDefined();
  });
});

it.each([{ sequences: 0 }, { sequences: 65 }, { sequences: 1.5 }, { waiting: -1 }])(
  "%j is refused",
  async (options) => {
    const [name] = Object.keys(options);
    await expect(loadTiny(options)).rejects.toThrow(GenerateError);
    await expect(loadTiny(options)).rejects.toThrow(new RegExp(`^${name} is .*; give`));
  },
);

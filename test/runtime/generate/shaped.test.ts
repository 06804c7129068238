/** Answers that ask for more than draws: what their options do, alone and beside others. */

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Bounds } from "../../../runtime/generate/bounds.js";
import type { Constraint } from "../../../runtime/generate/constraint.js";
import { type GenerateOptions, readOptions } from "../../../runtime/generate/options.js";
import type { Model } from "../../../runtime/index.js";
import { loadTiny, loadTogether, promptOf } from "./tiny-model.js";

let alone: Model;
let together: Model;
let windowed: Model;
beforeAll(async () => {
  const attention = "streaming:global=4,local=16,chunk=8";
  [alone, together, windowed] = await Promise.all([
    loadTiny(),
    loadTogether({ sequences: 4 }),
    loadTiny({ sequences: 4, attention }),
  ]);
});
afterAll(() => {
  for (const model of [alone, together, windowed]) model.close();
});

const END = 19;
const LETTERS = 13;
const MAX = 24;

const ask = (model: Model, options: GenerateOptions, length = 20) =>
  model.generateFrom(promptOf(length), { maxTokens: MAX, ...options }).result;

/** The tokens by the layer below, whose own test compares them with a reference. */
async function stepped(options: GenerateOptions, length = 20): Promise<number[]> {
  const { runner } = alone;
  runner.grow(length + MAX);
  await runner.prefill(promptOf(length), 0, readOptions(options).sampling);
  for (let step = 1; step < MAX; step++) runner.step();
  await runner.arrived();
  return Array.from({ length: MAX }, (_, step) => runner.token(step));
}

const PENALISED: GenerateOptions = { presencePenalty: 1.5, frequencyPenalty: 0.3, ignoreEos: true };
const DRAWN: GenerateOptions = { ...PENALISED, temperature: 1.1, minP: 0.05, repetitionPenalty: 1.2, seed: 4 };
const BIASED: GenerateOptions = { logitBias: { 8: -100, 5: 3 }, ignoreEos: true, logprobs: 2 };

it("options reach the device", async () => {
  const plain = (await ask(alone, {})).tokens;
  for (const options of [PENALISED, DRAWN, BIASED]) {
    const { tokens } = await ask(alone, options);
    expect(tokens).toEqual(await stepped(options));
    expect(tokens).not.toEqual(plain);
  }
  // And leave no trace.
  expect((await ask(alone, {})).tokens).toEqual(plain);
});

it.each(["batched", "in turn"])("answers at once, %s, are those that each would get alone", async (way) => {
  const [model, own] = way === "batched" ? [together, alone] : [windowed, windowed];
  const asked = [PENALISED, {}, DRAWN, BIASED, { temperature: 1, seed: 9 }, DRAWN];
  const results = await Promise.all(asked.map((options, index) => ask(model, options, 12 + index)));
  let [equal, all] = [0, 0];
  for (const [index, options] of asked.entries()) {
    const { tokens } = await ask(own, options, 12 + index);
    const parted = tokens.findIndex((id, at) => results[index]!.tokens[at] !== id);
    equal += parted < 0 ? tokens.length : parted;
    all += tokens.length;
  }
  // A close call parts two answers for good, and is rare.
  expect(equal).toBeGreaterThan(0.8 * all);
});

describe("log probabilities", () => {
  it("come with each token, in the result and in the pieces", async () => {
    const generation = alone.generateFrom(promptOf(20), { maxTokens: MAX, logprobs: 3, temperature: 1, seed: 2 });
    const pieces = [];
    for await (const piece of generation) pieces.push(piece);
    const { tokens, logprobs } = await generation.result;
    expect(logprobs!.map(({ token }) => token)).toEqual(tokens);
    expect(pieces.flatMap((piece) => piece.logprobs)).toEqual(logprobs);
    for (const { token, logprob, top } of logprobs!) {
      expect(top).toHaveLength(3);
      expect(logprob).toBeLessThanOrEqual(top[0]!.logprob);
      const place = top.findIndex((one) => one.token === token);
      if (place >= 0) expect(top[place]!.logprob).toBe(logprob);
    }
  });

  it("of a whole vocabulary are one together, and change no token", async () => {
    const { tokens, logprobs } = await ask(alone, { logprobs: 20 });
    expect(tokens).toEqual((await ask(alone, {})).tokens);
    for (const { top } of logprobs!)
      expect(top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 4);
  });

  it("come without likely tokens where 0 are asked for, and not where none are", async () => {
    expect((await ask(alone, { logprobs: 0 })).logprobs![0]!.top).toEqual([]);
    expect(await ask(alone, {})).not.toHaveProperty("logprobs");
  });

  it("are told of tokens that a stop text holds back", async () => {
    const { text, tokens } = await ask(alone, {});
    const stop = text.slice(6, 9);
    const generation = alone.generateFrom(promptOf(20), { maxTokens: MAX, stop, logprobs: 0 });
    const pieces = [];
    for await (const piece of generation) pieces.push(piece);
    const result = await generation.result;
    expect(result.stopReason).toBe("stop");
    expect(result.tokens).toEqual(tokens.slice(0, result.tokens.length));
    expect(pieces.flatMap((piece) => piece.logprobs!.map(({ token }) => token))).toEqual(result.tokens);
  });
});

describe("ends", () => {
  /** The end of a turn comes early. */
  const ending = { logitBias: { [END]: 100 } };

  it("of a turn are as any token where they are ignored", async () => {
    expect(await ask(alone, ending)).toMatchObject({ tokens: [], stopReason: "end" });
    const ignored = await ask(alone, { ...ending, ignoreEos: true });
    expect(ignored).toMatchObject({ stopReason: "maxTokens", tokens: Array(MAX).fill(END), text: "" });
  });

  it("may be any tokens", async () => {
    const { tokens } = await ask(alone, {});
    const third = tokens[2]!;
    const stopped = await ask(alone, { stopIds: [third, 12] });
    expect(stopped).toMatchObject({ tokens: tokens.slice(0, tokens.indexOf(third)), stopReason: "stop" });
  });
});

/** Letters in this order, over and over, each of them or the one behind it; then the end. */
class Alternating implements Constraint {
  readonly accepted: number[] = [];
  readonly #length: number;
  ended = false;

  constructor(length: number) {
    this.#length = length;
  }

  get allowed(): number[] {
    const at = this.accepted.length;
    return at === this.#length ? [END] : [(3 * at) % LETTERS, (3 * at + 1) % LETTERS];
  }

  mask(into: Uint32Array): boolean {
    into.fill(0);
    for (const token of this.allowed) into[token >> 5]! |= 1 << (token & 31);
    return true;
  }

  accept(token: number): void {
    expect(this.allowed).toContain(token);
    this.accepted.push(token);
  }
}

/** Under this name options have a constraint of our own, in the place of what a format comes to. */
const HELD = Symbol("held");

const constrained = (constraint: Constraint, options: GenerateOptions = {}): GenerateOptions => ({
  ...options,
  ...{ [HELD]: constraint },
});

beforeAll(() => {
  const { of } = Bounds.prototype;
  vi.spyOn(Bounds.prototype, "of").mockImplementation(function (this: Bounds, options) {
    const constraint = (options as { readonly [HELD]?: Constraint })[HELD];
    return constraint ? { constraint, calls: undefined } : of.call(this, options);
  });
  return () => void vi.restoreAllMocks();
});

describe("a constraint", () => {
  it.each<[string, GenerateOptions]>([
    ["greedy", {}],
    ["drawn", { temperature: 2, topP: 1, seed: 8, presencePenalty: 1 }],
  ])("says which tokens may come, %s", async (_, options) => {
    const constraint = new Alternating(15);
    const { tokens, stopReason } = await ask(alone, constrained(constraint, options));
    expect(tokens).toEqual(constraint.accepted.slice(0, -1));
    expect(constraint.accepted).toHaveLength(16);
    expect(stopReason).toBe("end");
    // Both of two come.
    expect(new Set(tokens.map((token, at) => (token - 3 * at) % LETTERS === 0)).size).toBe(2);
  });

  it.each(["batched", "in turn"])("concerns nobody else, %s", async (way) => {
    const model = way === "batched" ? together : windowed;
    const constraints = [new Alternating(10), new Alternating(14)];
    const asked = [constrained(constraints[0]!), {}, constrained(constraints[1]!, { logprobs: 1 }), PENALISED];
    const results = await Promise.all(asked.map((options, index) => ask(model, options, 12 + index)));
    expect(results[0]!.tokens).toEqual(constraints[0]!.accepted.slice(0, -1));
    expect(results[2]!.tokens).toEqual(constraints[1]!.accepted.slice(0, -1));
    expect(results[2]!.logprobs).toHaveLength(14);
    for (const index of [1, 3]) {
      const { tokens } = await ask(way === "batched" ? alone : windowed, asked[index]!, 12 + index);
      expect(results[index]!.tokens.slice(0, 4)).toEqual(tokens.slice(0, 4));
    }
  });

  it("that asks for nothing changes nothing", async () => {
    const heard: number[] = [];
    const open: Constraint = { mask: () => false, accept: (token) => void heard.push(token), ended: false };
    const { tokens } = await ask(alone, constrained(open));
    expect(tokens).toEqual((await ask(alone, {})).tokens);
    expect(heard.slice(0, tokens.length)).toEqual(tokens);
  });

  it("may end an answer", async () => {
    const heard: number[] = [];
    const ends: Constraint = {
      ...{ mask: () => false, accept: (token: number) => void heard.push(token) },
      get ended() {
        return heard.length === 5;
      },
    };
    expect(await ask(alone, constrained(ends))).toMatchObject({ tokens: heard, stopReason: "end" });
    expect(heard).toHaveLength(5);
  });

  it.each<[string, Partial<Constraint>, string]>([
    ["allows nothing", { mask: (into) => !!into.fill(0) }, "the constraint allows none"],
    ["allows what is no token", { mask: (into) => !!into.fill(-1 << 20) }, "the constraint allows none"],
    [
      "throws",
      {
        mask: () => {
          throw new Error("no rule");
        },
      },
      "no rule",
    ],
    [
      "refuses a token",
      {
        accept: () => {
          throw new Error("no such token");
        },
      },
      "no such token",
    ],
  ])("that %s fails its own answer", async (_, broken, message) => {
    const constraint = { mask: () => false, accept: () => {}, ended: false, ...broken };
    await expect(ask(alone, constrained(constraint))).rejects.toThrow(message);
    let calls = 0;
    const { mask } = constraint;
    const later = { ...constraint, mask: (into: Uint32Array) => calls++ > 3 && mask.call(constraint, into) };
    const both = [ask(together, constrained(later)), ask(together, {}, 12)] as const;
    await expect(both[0]).rejects.toThrow(message);
    expect((await both[1]).tokens.length).toBeGreaterThan(0);
  });
});

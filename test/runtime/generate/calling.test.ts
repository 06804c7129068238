/** Answers that call tools, token by token: what they say, what they call, and why they end. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Answer } from "../../../runtime/generate/answer.js";
import { Bounds } from "../../../runtime/generate/bounds.js";
import { readOptions } from "../../../runtime/generate/options.js";
import type { GenerateOptions, GenerationResult, Model, Tool } from "../../../runtime/index.js";
import { HERMES, tinyModel } from "../../serve/served.js";

let model: Model;
beforeAll(async () => {
  model = await tinyModel(HERMES);
}, 120_000);
afterAll(() => model.close());

const tools: Tool[] = [{ type: "function", function: { name: "now" } }];
const CALL = '<tool_call>{"name": "now"}</tool_call>';

/** What comes of an answer whose tokens are those of a text, and how many of them it took. */
function answered(text: string, options: GenerateOptions = {}) {
  const { tokenizer } = model;
  const speech = { tokenizer, ends: new Set(tokenizer.eosIds) };
  const { calls } = new Bounds(speech).of({ tools, ...options });
  let result: GenerationResult | undefined;
  const to = { piece: () => {}, end: (one: GenerationResult) => (result = one), fail: () => {} };
  const answer = new Answer(speech, readOptions(options), options, to, calls);
  const tokens = [...tokenizer.encode(text, { addSpecial: false }), tokenizer.eosIds[0]!];
  answer.ask([0], options.maxTokens ?? tokens.length);
  answer.begin(0);
  tokens.find((token) => !answer.take(token));
  answer.end();
  const { text: said, toolCalls, stopReason, tokens: taken } = result!;
  return { said, calls: toolCalls!.length, stopReason, left: tokens.length - 1 - taken.length };
}

test("as many calls as the model makes, or one", () => {
  expect(answered(`Hi. ${CALL}\n${CALL} done`)).toEqual({
    said: "Hi.  done",
    calls: 2,
    stopReason: "toolCalls",
    left: 0,
  });
  const one = answered(`Hi. ${CALL}\n${CALL} done`, { parallelToolCalls: false });
  expect(one).toEqual({ said: "Hi. ", calls: 1, stopReason: "toolCalls", left: expect.any(Number) });
  expect(one.left).toBeGreaterThan(10);
});

test("a stop text behind whole calls ends an answer that calls; one within a call ends one that stopped", () => {
  expect(answered(`${CALL} STOP more`, { stop: "STOP" })).toMatchObject({ calls: 1, stopReason: "toolCalls" });
  expect(answered(`${CALL}\n<tool_call>{"name": "STOP`, { stop: "STOP" })).toMatchObject({
    calls: 1,
    said: "",
    stopReason: "stop",
  });
  expect(answered("Hi STOP", { stop: "STOP" })).toMatchObject({ calls: 0, said: "Hi ", stopReason: "stop" });
  const [z] = model.tokenizer.encode("Z", { addSpecial: false }) as [number];
  expect(answered(`${CALL} Z`, { stopIds: [z] })).toMatchObject({ calls: 1, stopReason: "toolCalls" });
  expect(answered(`${CALL}\n<tool_call>Z`, { stopIds: [z] })).toMatchObject({ calls: 1, said: "", stopReason: "stop" });
  expect(answered(`${CALL} and on and on`, { maxTokens: model.tokenizer.encode(CALL).length + 2 })).toMatchObject({
    calls: 1,
    stopReason: "maxTokens",
  });
});

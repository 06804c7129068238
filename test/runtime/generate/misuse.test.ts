/** What JavaScript may pass instead of what TypeScript asks for. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { GenerateError, type Model } from "../../../runtime/index.js";
import { loadTiny, promptOf } from "./tiny-model.js";

let model: Model;
beforeAll(async () => {
  model = await loadTiny();
});
afterAll(() => model.close());

/** Any value, as a caller without types has it. */
const any = (value: unknown) => value as never;

it.each([
  [[-1], "prompt has -1, which is no token; give ids from 0 to 19"],
  [[3, 20], "prompt has 20, which is no token; give ids from 0 to 19"],
  [[1.5], "prompt has 1.5"],
  [Array(2), "prompt has undefined"],
  ["ab", 'prompt is "ab"; give a list of tokens'],
  [null, "prompt is null; give a list of tokens"],
  [[], "the prompt is empty"],
])("generateFrom refuses the tokens %j", async (prompt, message) => {
  const answer = model.generateFrom(any(prompt), { maxTokens: 1 }).result;
  await expect(answer).rejects.toThrow(GenerateError);
  await expect(answer).rejects.toThrow(message);
});

it.each([null, 1, [], "x"])("options are no %j", async (options) => {
  const message = /^the options are /;
  await expect(model.generate("ab", any(options)).result).rejects.toThrow(message);
  await expect(model.generateFrom(promptOf(3), any(options)).result).rejects.toThrow(message);
  await expect(model.session().prompt("ab", any(options)).result).rejects.toThrow(message);
  await expect(model.embed(["ab"], any(options))).rejects.toThrow(message);
  expect(() => model.session(any(options))).toThrow(message);
});

it("a format is none where it is empty, 0 or null", async () => {
  for (const responseFormat of ["", 0, null])
    await expect(
      model.generateFrom(promptOf(3), { responseFormat: any(responseFormat), maxTokens: 1 }).result,
    ).rejects.toThrow("responseFormat: type: is undefined; give one of");
});

it("a session and embed have no options but theirs", async () => {
  expect(() => model.session(any({ sytem: "a" }))).toThrow("there is no option sytem; did you mean system?");
  expect(() => model.session(any({ system: 1 }))).toThrow("system is 1; give a text");
  expect(() => model.session(any({ history: "ab" }))).toThrow('history is "ab"; give a list of messages');
  await expect(model.embed(["ab"], any({ toString: 1 }))).rejects.toThrow("there is no option toString");
  await expect(model.embed(["ab"], any({ pooling: 1n }))).rejects.toThrow("pooling is 1n; give mean, last, cls");
  await expect(model.embed(["ab"], any({ signal: 1 }))).rejects.toThrow("signal is 1; give an AbortSignal");
});

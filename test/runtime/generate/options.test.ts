import { describe, expect, it } from "vitest";
import { GenerateError } from "../../../runtime/generate/errors.js";
import { type GenerateOptions, readOptions } from "../../../runtime/generate/options.js";

describe("readOptions", () => {
  it("puts in defaults: greedy, 512 tokens", () => {
    expect(readOptions({})).toMatchObject({ maxTokens: 512, temperature: 0, topK: 40, topP: 0.95, stop: [] });
  });

  it.each<[GenerateOptions, string]>([
    [{ maxTokens: 0 }, "maxTokens is 0; give a positive integer"],
    [{ maxTokens: 1.5 }, "maxTokens is 1.5"],
    [{ temperature: -1 }, "temperature is -1; give a number from 0 (greedy) to 100"],
    [{ temperature: Number.NaN }, "temperature is NaN"],
    [{ topK: 0 }, "topK is 0"],
    [{ topP: 1.1 }, "topP is 1.1; give a number above 0 and at most 1"],
    [{ seed: -1 }, "seed is -1"],
    [{ stop: "" }, "stop has an empty text"],
    [{ temperature: "hot" as unknown as number }, 'temperature is "hot"'],
  ])("refuses %j", (options, message) => {
    expect(() => readOptions(options)).toThrow(message);
    expect(() => readOptions(options)).toThrow(GenerateError);
  });
});

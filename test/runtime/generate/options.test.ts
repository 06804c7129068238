import { describe, expect, it } from "vitest";
import { GenerateError } from "../../../runtime/generate/errors.js";
import { type GenerateOptions, readOptions } from "../../../runtime/generate/options.js";

const CIRCLE: Record<string, unknown> = {};
CIRCLE.inside = CIRCLE;

describe("readOptions", () => {
  it("puts in defaults: greedy, 512 tokens", () => {
    expect(readOptions({})).toMatchObject({ maxTokens: 512, stop: [], ignoreEos: false, logprobs: undefined });
    const { seed, ...sampling } = readOptions({}).sampling;
    expect(sampling).toEqual({ temperature: 0, topK: 40, topP: 0.95, minP: 0, shaping: undefined });
  });

  it("takes logits as they are unless something is asked of them", () => {
    const same = { repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: {}, ignoreEos: true };
    expect(readOptions(same).sampling.shaping).toBeUndefined();
    expect(readOptions({ logitBias: { 7: 2 } }).sampling.shaping?.logitBias).toEqual(new Map([[7, 2]]));
    expect(readOptions({ logprobs: 20 }, 12)).toMatchObject({ logprobs: 12, sampling: { shaping: { logprobs: 12 } } });
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
    [{ minP: 1.5 }, "minP is 1.5; give a number from 0 to 1"],
    [{ repetitionPenalty: 0 }, "repetitionPenalty is 0; give a number from 0.01 to 100; 1 changes nothing"],
    [{ presencePenalty: 101 }, "presencePenalty is 101; give a number from -100 to 100"],
    [{ frequencyPenalty: Number.NaN }, "frequencyPenalty is NaN"],
    [{ logitBias: { 9: 101 } }, "logitBias of token 9 is 101; give a number from -100 to 100"],
    [{ logitBias: { 100: 1 } }, "logitBias has 100, which is no token; give ids from 0 to 99"],
    [{ logitBias: { hello: 1 } as object }, 'logitBias has "hello", which is no token'],
    [{ logitBias: [1] as object }, "logitBias is [1]; give an object with a number for each token"],
    [{ stopIds: [3, -1] }, "stopIds has -1, which is no token"],
    [{ stopIds: 3 as unknown as number[] }, "stopIds is 3; give a list of tokens"],
    [{ stop: 3 as unknown as string }, "stop is 3; give a text or several"],
    [{ ignoreEos: 1 as unknown as boolean }, "ignoreEos is 1; give true or false"],
    [{ logprobs: 21 }, "logprobs is 21; give a whole number from 0 to 20"],
    [{ topp: 0.5 } as object, "there is no option topp; did you mean topP?"],
    [{ repetition_penalty: 2 } as object, "there is no option repetition_penalty; did you mean repetitionPenalty?"],
    [{ toString: 1 } as object, "there is no option toString"],
    [null as unknown as object, "the options are null; give an object"],
    [[1] as object, "the options are [1]; give an object"],
    [{ seed: 1n } as object, "seed is 1n; give an integer"],
    [{ topK: Symbol("k") } as object, "topK is Symbol(k); give a positive integer"],
    [{ maxTokens: CIRCLE } as object, "maxTokens is what is no JSON; give a positive integer"],
    [{ stop: ["a", 5] } as object, "stop has 5; give texts of at least one character"],
    [{ stopIds: Array(1) }, "stopIds has undefined, which is no token"],
    [{ logitBias: new Map([[1, 5]]) } as object, "logitBias is {}; give an object with a number for each token"],
    [{ signal: {} } as object, "signal is {}; give an AbortSignal"],
    [{ onPrefill: true } as object, "onPrefill is true; give a function"],
    [{ beams: undefined } as object, "there is no option beams; there are maxTokens, temperature, "],
  ])("refuses %o", (options, message) => {
    expect(() => readOptions(options, 100)).toThrow(message);
    expect(() => readOptions(options, 100)).toThrow(GenerateError);
  });

  it("has no options but those that there are, for TypeScript too", () => {
    // @ts-expect-error: there is none of this name.
    const options: GenerateOptions = { minp: 0.1 };
    expect(() => readOptions(options)).toThrow("there is no option minp; did you mean minP?");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AttentionOptions,
  type AttentionRequest,
  attentionText,
  parseAttention,
  readAttention,
} from "../../../runtime/reattention/attention-options.js";
import { AttentionError } from "../../../runtime/reattention/errors.js";
import { windowSize } from "../../../runtime/reattention/limits.js";
import { PRESETS } from "../../../runtime/reattention/presets.js";

const failure = (request: string | AttentionRequest, window = 8192): AttentionError => {
  try {
    readAttention(request, window);
  } catch (error) {
    expect(error).toBeInstanceOf(AttentionError);
    return error as AttentionError;
  }
  throw new Error(`${JSON.stringify(request)} was accepted`);
};

describe("defaults", () => {
  it("are the paper's for a model of 8k tokens", () => {
    expect(readAttention("reattention", 8192)).toEqual({
      kind: "reattention",
      global: 32,
      local: 4096,
      topK: 4,
      span: 32,
      clip: 127,
      chunk: 512,
    });
  });

  it.each([32768, 131072])("are the paper's for a model of %i tokens", (window) => {
    const options = readAttention("reattention", window);
    expect(options).toMatchObject({ global: 32, local: 8192, topK: 4, span: 32, clip: 256, chunk: 512 });
    expect(windowSize(options)).toBe(16416);
  });

  it("give StreamingLLM the window that ReAttention has", () => {
    expect(readAttention("streaming", 8192)).toEqual({ kind: "streaming", global: 32, local: 8160, chunk: 512 });
    expect(windowSize(readAttention("streaming", 131072))).toBe(16416);
  });

  it("fit any window, and fill it as far as the paper's do", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 1 << 20 }), fc.constantFrom("streaming", "reattention"), (window, kind) => {
        const size = windowSize(readAttention(kind, window));
        expect(size).toBeLessThanOrEqual(window);
        expect(size).toBeGreaterThan(Math.min(window, 16416) * 0.6);
      }),
    );
  });

  it("are those that were published for a model of 4k tokens, unless others are given", () => {
    expect(readAttention("reattention", 4096)).toMatchObject({ local: 2048, clip: 48, chunk: 512 });
    expect(readAttention("reattention:topK=1", 4096)).toMatchObject({ local: 2048, topK: 1, clip: 48 });
    expect(readAttention("reattention:local=1k", 4096)).toMatchObject({ local: 1024, clip: 95, chunk: 128 });
  });

  it("make room for what was given", () => {
    expect(readAttention("reattention:local=7k", 8192)).toMatchObject({ clip: 31, local: 7168 });
    expect(readAttention("reattention:span=64,clip=100", 8192)).toMatchObject({ local: 1760, chunk: 220 });
    expect(readAttention({ kind: "streaming", local: 32 }, 8192)).toMatchObject({ global: 32, local: 32, chunk: 16 });
  });
});

describe("presets", () => {
  it("are parameters that were published, each model's default among them", () => {
    for (const [preset, window] of [
      ["4k", 4096],
      ["8k", 8192],
      ["32k", 131072],
    ] as const)
      expect(readAttention(`reattention:preset=${preset}`, window)).toEqual(readAttention("reattention", window));
    const needle = { global: 32, local: 8192, topK: 1, span: 32, clip: 512, chunk: 1024 };
    expect(readAttention({ kind: "reattention", preset: "needle" }, 32768)).toEqual({ kind: "reattention", ...needle });
    for (const [kind, all] of Object.entries(PRESETS))
      for (const name of Object.keys(all)) {
        const options = readAttention(`${kind}:preset=${name}`, 1 << 20);
        expect(readAttention(attentionText(options), 1 << 20)).toEqual(options);
      }
  });

  it("give way to what is given beside them", () => {
    expect(readAttention("reattention:chunk=128,preset=8k", 8192)).toMatchObject({
      local: 4096,
      clip: 127,
      chunk: 128,
    });
    expect(readAttention("streaming:preset=8k", 8192)).toEqual({
      kind: "streaming",
      global: 32,
      local: 4096,
      chunk: 512,
    });
    expect(readAttention({ kind: "streaming", preset: undefined }, 8192)).toEqual(readAttention("streaming", 8192));
  });

  it("that do not exist, or do not fit, are refused", () => {
    expect(failure("reattention:preset=16k").message).toMatch(
      /reattention has no preset "16k"\. Give 4k, 8k, 32k, needle, needles\./,
    );
    expect(failure("streaming:preset=needle").message).toMatch(/streaming has no preset "needle"\. Give 4k, 8k, 32k\./);
    expect(failure("reattention:preset=toString").option).toBe("preset");
    expect(failure({ kind: "reattention", preset: 8 as never }).message).toMatch(/no preset 8\./);
    expect(failure("dense:preset=8k").message).toMatch(/dense has no preset\. It takes no parameters/);
    expect(() => parseAttention("reattention:preset=16k")).toThrow(/no preset "16k"/);
    expect(failure("reattention:preset=32k", 8192).message).toMatch(
      /= 16416 tokens, and the model was trained for 8192/,
    );
  });
});

describe("a tail", () => {
  it("is part of the mode where it is given", () => {
    const options = readAttention("reattention:tail=64", 8192);
    expect(options).toEqual({ ...readAttention("reattention", 8192), tail: 64 });
    expect(attentionText(options)).toMatch(/,chunk=512,tail=64$/);
    expect(readAttention("reattention:tail=0", 8192)).toEqual(readAttention("reattention", 8192));
  });

  it("is no longer than a chunk", () => {
    expect(failure("reattention:chunk=32,tail=33").message).toMatch(
      /tail is 33 and chunk 32.*Give tail=32 or less, or chunk=33 or more/,
    );
    expect(failure({ kind: "reattention", tail: -1 }).message).toMatch(/tail is -1/);
    expect(failure({ kind: "reattention", tail: Number.NaN }).message).toMatch(/tail is NaN/);
    expect(failure("streaming:tail=4").message).toMatch(/streaming has no tail/);
  });
});

describe("text", () => {
  it("is read with human-readable numbers and spaces", () => {
    expect(readAttention(" reattention: global=4, local=4k ,topK=1,span=8,clip=6,chunk=16 ", 8192)).toEqual({
      kind: "reattention",
      global: 4,
      local: 4096,
      topK: 1,
      span: 8,
      clip: 6,
      chunk: 16,
    });
    expect(readAttention("dense", 8192)).toEqual({ kind: "dense" });
    expect(parseAttention("streaming:")).toEqual({ kind: "streaming" });
  });

  it("reads back what attentionText writes", () => {
    const numbers = {
      global: fc.nat(64),
      local: fc.integer({ min: 64, max: 4096 }),
      chunk: fc.integer({ min: 1, max: 64 }),
    };
    const options: fc.Arbitrary<AttentionOptions> = fc.oneof(
      fc.record({ kind: fc.constant("dense" as const) }),
      fc.record({ kind: fc.constant("streaming" as const), ...numbers }),
      fc.record({
        kind: fc.constant("reattention" as const),
        ...numbers,
        topK: fc.integer({ min: 1, max: 32 }),
        span: fc.integer({ min: 1, max: 16 }).map((half) => 2 * half),
        clip: fc.integer({ min: 1, max: 100 }),
      }),
    );
    fc.assert(
      fc.property(options, (one) => {
        expect(readAttention(attentionText(one), 8192)).toEqual(one);
        expect(readAttention(one, 8192)).toEqual(one);
      }),
    );
    expect(attentionText(readAttention("reattention", 8192))).toBe(
      "reattention:global=32,local=4k,topK=4,span=32,clip=127,chunk=512",
    );
  });

  it("never fails but with an AttentionError", () => {
    const likely = fc.stringMatching(/^(dense|streaming|reattention|)(:([a-zA-Z]{0,6}=?[0-9k.-]{0,4},?){0,4})?$/);
    fc.assert(
      fc.property(fc.oneof(likely, fc.string()), fc.integer({ min: 1, max: 10000 }), (text, window) => {
        try {
          expect(windowSize(readAttention(text, window))).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(AttentionError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("errors", () => {
  it.each<[string, string, RegExp]>([
    ["sparse", "kind", /no attention "sparse". Give dense, streaming, reattention/],
    ["toString", "kind", /no attention "toString"/],
    ["dense:local=4", "local", /dense has no local. It takes no parameters/],
    [
      "reattention:locl=4,spam=2,clip=2",
      "locl",
      /reattention has no locl, spam. It has global, local, topK, span, clip, chunk/,
    ],
    ["streaming:topK=4", "topK", /streaming has no topK/],
    ["reattention:clip=2,span=4,clip=3", "clip", /clip is given more than once/],
    ["reattention:clip=many,span", "clip=many", /no whole number from 0 on in clip=many, span\./],
    ["reattention:span=-2", "span=-2", /no whole number from 0 on in span=-2\./],
    ["reattention:span=7", "span", /span is 7. Give an even number/],
    ["reattention:span=0", "span", /span is 0/],
    ["reattention:topK=33", "topK", /topK is 33. Give a whole number from 1 to 32/],
    ["reattention:topK=0", "topK", /topK is 0/],
    ["reattention:clip=0", "clip", /clip is 0/],
    ["streaming:local=16,chunk=32", "chunk", /chunk is 32 and local 16.*Give chunk=16 or less, or local=32 or more/],
  ])("%s", (text, option, message) => {
    const error = failure(text);
    expect(error.option).toBe(option);
    expect(error.message).toMatch(message);
  });

  it("are the same for an object", () => {
    expect(failure({ kind: "reattention", span: 3 }).message).toMatch(/span is 3/);
    expect(failure({ kind: "reattention", local: 1.5 }).message).toMatch(/local is 1.5/);
    expect(failure({ kind: "streaming", clip: 4 } as AttentionRequest).message).toMatch(/streaming has no clip/);
  });

  it("say of a window that is too large what would fit, and that fits", () => {
    const text = "reattention:global=32,local=4k,span=32,clip=256";
    expect(failure(text).message).toBe(
      "clip·span + global + local = 256·32 + 32 + 4096 = 12320 tokens, and the model was trained for 8192. " +
        "With the others as they are, clip=127 or span=14 is the most that fits.",
    );
    const sizes = fc.record({
      kind: fc.constant("reattention" as const),
      global: fc.nat(200),
      local: fc.integer({ min: 1, max: 2000 }),
      span: fc.integer({ min: 1, max: 100 }).map((half) => 2 * half),
      clip: fc.integer({ min: 1, max: 100 }),
      chunk: fc.constant(1),
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 2000 }), (options, window) => {
        const size = options.global + options.local + options.span * options.clip;
        if (size <= window) expect(windowSize(readAttention(options, window))).toBe(size);
        else
          for (const [, key, value] of failure(options, window).hint.matchAll(/(\w+)=(\d+)/g)) {
            const fits = { ...options, [key!]: Number(value) };
            expect(windowSize(readAttention(fits, window))).toBeLessThanOrEqual(window);
            const next = { ...fits, [key!]: Number(value) + (key === "span" ? 2 : 1) };
            expect(failure(next, window).message).toMatch(/trained for/);
          }
      }),
    );
  });

  it("say how long the local part may be without retrieval", () => {
    expect(failure("streaming:global=32,local=9000").hint).toBe(
      "With the others as they are, local=8160 is the most that fits.",
    );
    expect(failure("streaming:global=9000,local=32,chunk=32").hint).toBe(
      "With the others as they are, global=8160 is the most that fits.",
    );
    expect(failure("streaming:global=9000,local=9000").hint).toMatch(/leave them out/);
  });
});

/** What holds for every tokenizer: special tokens, streaming, limits and errors; on tiny vocabularies. */

import { describe, expect, it } from "vitest";
import { createTokenizer } from "../../../runtime/tokenizer/index.js";
import { array, bool, text, u32 } from "../weights/write-gguf.js";
import { bytesOnly, type SmallOptions, spell } from "./small-vocabulary.js";

const control = ["<|start|>", "<|end|>", "<|", "aa"];
const small = (options: SmallOptions = {}, pre = "gpt-2") =>
  createTokenizer(bytesOnly(pre, ["hello"], { control, ...options }));
const texts = (tokenizer: ReturnType<typeof small>, ids: number[]) => ids.map((id) => tokenizer.decode([id]));

describe("special tokens", () => {
  it("are ordinary characters unless parseSpecial says otherwise; the longest wins", () => {
    const tokenizer = small();
    expect(texts(tokenizer, tokenizer.encode("<|end|>"))).toEqual([..."<|end|>"]);
    expect(texts(tokenizer, tokenizer.encode("<|end|>hello<|en", { parseSpecial: true }))).toEqual([
      "<|end|>",
      "hello",
      "<|",
      "e",
      "n",
    ]);
  });

  it("that the model's author defined as words are found in any text", () => {
    const tokenizer = small({ userDefined: ["<think>"] });
    expect(texts(tokenizer, tokenizer.encode("hello<think><|end|>"))).toEqual(["hello", "<think>", ..."<|end|>"]);
    expect(tokenizer.decode(tokenizer.encode("a<think>b"), { skipSpecial: true })).toBe("a<think>b");
  });

  it("are never the result of merges or of whole-word look-up", () => {
    const tokenizer = small(
      { control: ["<s>", "word", "</s>"], metadata: { "tokenizer.ggml.add_bos_token": bool(false) } },
      "llama-bpe",
    );
    expect(texts(tokenizer, tokenizer.encode("word"))).toEqual([..."word"]);
  });

  it("go around a text where the file, or the pre-tokenizer's habit, says so", () => {
    const around = { "tokenizer.ggml.add_bos_token": bool(true), "tokenizer.ggml.add_eos_token": bool(true) };
    const tokenizer = small({ control: ["<s>", "</s>"], metadata: around });
    expect(texts(tokenizer, tokenizer.encode("hello"))).toEqual(["<s>", "hello", "</s>"]);
    expect(texts(tokenizer, tokenizer.encode("hello", { addSpecial: false }))).toEqual(["hello"]);
    const llama = small({}, "llama-bpe");
    expect(texts(llama, llama.encode("hello"))).toEqual(["<|start|>", "hello"]);
  });

  it("are left out by skipSpecial", () => {
    const tokenizer = small();
    const ids = tokenizer.encode("<|start|>hello<|end|>", { parseSpecial: true });
    expect(tokenizer.decode(ids)).toBe("<|start|>hello<|end|>");
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe("hello");
  });

  it("that end a text are collected, declared ones first", () => {
    const names = ["<|endoftext|>", "<|im_end|>", "<|eot_id|>"];
    const declared = { "tokenizer.ggml.eot_token_id": u32(256), "tokenizer.ggml.bos_token_id": undefined };
    const tokenizer = createTokenizer(bytesOnly("gpt-2", [], { control: names, metadata: declared }));
    expect(texts(tokenizer, [...tokenizer.eosIds])).toEqual(["<|eot_id|>", "<|endoftext|>", "<|im_end|>"]);
    expect(tokenizer.bosId).toBeUndefined();
  });
});

describe("streaming", () => {
  const tokenizer = small();
  const spellId = (byte: number) =>
    Array.from({ length: 256 }, (_, id) => id).find((id) => tokenizer.tokenBytes(id)[0] === byte)!;

  const ids = (value: string) => Array.from(Buffer.from(value), spellId);

  it("gives characters whole, however many tokens they take", () => {
    const decoder = tokenizer.decoder();
    expect(ids("a🙂é").map((id) => decoder.push(id))).toEqual(["a", "", "", "", "🙂", "", "é"]);
    expect(decoder.flush()).toBe("");
  });

  it("gives U+FFFD for what stays incomplete, and starts afresh", () => {
    const decoder = tokenizer.decoder();
    expect(
      ids("🙂")
        .slice(0, 3)
        .map((id) => decoder.push(id)),
    ).toEqual(["", "", ""]);
    expect(decoder.flush()).toBe("\ufffd");
    expect(decoder.push(ids("b")[0]!)).toBe("b");
  });

  it("keeps a byte order mark", () => {
    expect(tokenizer.decode(ids("\ufeffx"))).toBe("\ufeffx");
  });

  it("replaces bytes that are no UTF-8", () => {
    expect(tokenizer.decode([spellId(0xff), spellId(65)])).toBe("\ufffdA");
  });

  it.each([-1, 1.5, 1e9, Number.NaN])("refuses the id %d", (id) => {
    expect(() => tokenizer.decode([id])).toThrow(expect.objectContaining({ name: "ModelError", code: "token-range" }));
  });
});

it("composes characters for qwen2 and for no other", () => {
  expect(small({}, "qwen2").decode(small({}, "qwen2").encode("e\u0301"))).toBe("\u00e9");
  expect(small().decode(small().encode("e\u0301"))).toBe("e\u0301");
});

it("gives the ids of a book in parts, and of two texts at a time", () => {
  const tokenizer = small({ metadata: { "tokenizer.ggml.add_bos_token": bool(true) } });
  const text = "hello, hello! ".repeat(40_000);
  const parts = tokenizer.encodeParts(text);
  const [first, second] = [parts.next().value, parts.next().value];
  const whole = tokenizer.encode(text);
  expect(first).toEqual([tokenizer.bosId]);
  expect(second!.length).toBeLessThan(whole.length / 2);
  expect([first!, second!, ...parts].flat()).toEqual(whole);
});

it.each([" ", "a", "\n", "é", "'"])("survives half a million times %j", (unit) => {
  const tokenizer = small();
  expect(tokenizer.decode(tokenizer.encode(unit.repeat(500_000))).length).toBe(500_000);
});

describe("refuses", () => {
  it.each<[string, SmallOptions["metadata"], string, RegExp]>([
    [
      "WordPiece",
      { "tokenizer.ggml.model": text("bert") },
      "tokenizer-unsupported",
      /"bert" \(WordPiece\).*byte-pair encoding/,
    ],
    [
      "an unknown pre-tokenizer",
      { "tokenizer.ggml.pre": text("klingon") },
      "tokenizer-unsupported",
      /"klingon".*gpt-2.*smollm/,
    ],
    [
      "a pre-tokenizer named like a method",
      { "tokenizer.ggml.pre": text("toString") },
      "tokenizer-unsupported",
      /toString/,
    ],
    ["no tokens", { "tokenizer.ggml.tokens": undefined }, "metadata-missing", /tokenizer.ggml.tokens/],
    ["an empty vocabulary", { "tokenizer.ggml.tokens": array("string", []) }, "tokenizer-invalid", /empty/],
    ["too few types", { "tokenizer.ggml.token_type": array("i32", [1]) }, "tokenizer-invalid", /1 token types for/],
    [
      "a merge of one piece",
      { "tokenizer.ggml.merges": array("string", ["ab"]) },
      "tokenizer-invalid",
      /merge 0 is "ab"/,
    ],
    [
      "a merge of three pieces",
      { "tokenizer.ggml.merges": array("string", ["a b c"]) },
      "tokenizer-invalid",
      /not two pieces/,
    ],
    [
      "an end token out of range",
      { "tokenizer.ggml.eos_token_id": u32(99999) },
      "tokenizer-invalid",
      /there are \d+ tokens/,
    ],
  ])("%s", (_, metadata, code, message) => {
    expect(() => small({ metadata })).toThrow(
      expect.objectContaining({ code, file: "small.gguf", message: expect.stringMatching(message) }),
    );
  });
});

it.each<[string, SmallOptions, RegExp]>([
  [
    "a special token of a megabyte",
    { control: ["x".repeat(1 << 20)] },
    /"xxxxxxxxxxxxxxxxxxxx"… is 1048576 characters/,
  ],
  [
    "special tokens without end",
    { userDefined: Array.from({ length: 20_000 }, (_, i) => `<${i}>`) },
    /20004 special tokens/,
  ],
])("refuses %s", (_, options, message) => {
  expect(() => small(options)).toThrow(
    expect.objectContaining({ code: "tokenizer-invalid", message: expect.stringMatching(message) }),
  );
});

it("takes tokens with the names of object properties", () => {
  const words = ["__proto__", "constructor"].map(spell);
  const tokenizer = createTokenizer(bytesOnly("gpt-2", ["__proto__", "constructor"]));
  expect(tokenizer.encode("constructor").length).toBe(1);
  expect(texts(tokenizer, tokenizer.encode("__proto__"))[0]).toContain("__");
  expect(words).toEqual(["__proto__", "constructor"]);
});

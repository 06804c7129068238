/** SentencePiece in GGUF files: what the metadata says about spaces, bytes and special tokens. */

import { describe, expect, it } from "vitest";
import { createTokenizer } from "../../../runtime/tokenizer/index.js";
import { openGguf } from "../../../runtime/weights/index.js";
import { array, bool, f32, ggufBytes, type Typed, text, u32 } from "../weights/write-gguf.js";

const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const pieces = ["▁", "a", "b", "c", "ab", "bc", "▁a", "▁▁"];
const special = ["<unk>", "<s>", "</s>"];
const tokens = [...special, ...bytes, ...pieces, "<tool>"];
/** "ab" before "bc", and both before what starts with a space. */
const scores = [...special.map(() => 0), ...bytes.map(() => 0), -9, -9, -9, -9, -1, -2, -3, -1, 0];

function spm(changes: Record<string, Typed | undefined> = {}) {
  const entries: Record<string, Typed | undefined> = {
    "tokenizer.ggml.model": text("llama"),
    "tokenizer.ggml.tokens": array("string", tokens),
    "tokenizer.ggml.scores": array("f32", scores),
    "tokenizer.ggml.token_type": array("i32", [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1), 4]),
    ...changes,
  };
  const metadata = Object.entries(entries).filter((entry): entry is [string, Typed] => entry[1] !== undefined);
  return createTokenizer(
    openGguf("spm.gguf", { mapFile: () => Uint8Array.from(ggufBytes({ metadata })).buffer }).metadata,
  );
}

const spellings = (tokenizer: ReturnType<typeof spm>, value: string, options = {}) =>
  tokenizer.encode(value, { addSpecial: false, ...options }).map((id) => tokens[id]);

describe("text", () => {
  it("gets a space in front, and pieces by their scores", () => {
    expect(spellings(spm(), "abc a")).toEqual(["▁", "ab", "c", "▁a"]);
    expect(spellings(spm(), " a")).toEqual(["▁▁", "a"]);
    expect(spellings(spm(), "")).toEqual([]);
  });

  it("gets none where the file says so", () => {
    const tokenizer = spm({ "tokenizer.ggml.add_space_prefix": bool(false) });
    expect(spellings(tokenizer, "abc")).toEqual(["ab", "c"]);
    expect(tokenizer.decode(tokenizer.encode(" a"), { skipSpecial: true })).toBe(" a");
  });

  it("loses spaces that are too many where the file says so", () => {
    const tokenizer = spm({ "tokenizer.ggml.remove_extra_whitespaces": bool(true) });
    expect(spellings(tokenizer, "  a   a  ")).toEqual(["▁a", "▁a"]);
  });

  it("falls back to bytes, or to the unknown token, or to nothing", () => {
    expect(spellings(spm(), "a€")).toEqual(["▁a", "<0xE2>", "<0x82>", "<0xAC>"]);
    const types = [2, 3, 3, ...bytes.map(() => 5), ...pieces.map(() => 1), 4];
    const noBytes = { "tokenizer.ggml.token_type": array("i32", types) };
    expect(spellings(spm(noBytes), "a€")).toEqual(["▁a"]);
    expect(spellings(spm({ ...noBytes, "tokenizer.ggml.unknown_token_id": u32(0) }), "a€€b")).toEqual([
      "▁a",
      "<unk>",
      "b",
    ]);
  });

  it("does not write bytes, ends and unknown tokens by their names", () => {
    for (const name of ["<0x41>", "</s>", "<unk>"]) {
      const tokenizer = spm();
      const ids = tokenizer.encode(name, { addSpecial: false });
      expect(ids).not.toContain(tokens.indexOf(name));
      expect(tokenizer.decode(ids)).toBe(name);
    }
  });

  it("gets a space after each special token, which decoding takes out", () => {
    const tokenizer = spm();
    expect(spellings(tokenizer, "a<tool>a</s>a", { parseSpecial: true })).toEqual(["▁a", "<tool>", "▁a", "</s>", "▁a"]);
    expect(tokenizer.decode(tokenizer.encode("a<tool>a</s>a", { parseSpecial: true }))).toBe("<s>a<tool>a</s>a");
  });
});

describe("the file", () => {
  it("says which tokens go around a text; without it the first is <s>", () => {
    expect(spellings(spm(), "a", { addSpecial: true })).toEqual(["<s>", "▁a"]);
    const around = { "tokenizer.ggml.add_bos_token": bool(false), "tokenizer.ggml.add_eos_token": bool(true) };
    expect(spellings(spm(around), "a", { addSpecial: true })).toEqual(["▁a", "</s>"]);
    expect(spm().eosIds).toEqual([2]);
  });

  it("lets Phi-3's special tokens take the white space after them", () => {
    const types = [2, 3, 4, ...bytes.map(() => 6), ...pieces.map(() => 1), 3];
    const phi = spm({ "general.name": text("Phi3 mini"), "tokenizer.ggml.token_type": array("i32", types) });
    expect(spellings(phi, "<tool>\n a<s> a", { parseSpecial: true })).toEqual(["<tool>", "▁a", "<s>", "▁▁", "a"]);
  });

  it.each<[string, Record<string, Typed | undefined>, string, RegExp]>([
    ["no scores", { "tokenizer.ggml.scores": undefined }, "metadata-missing", /tokenizer.ggml.scores/],
    ["too few scores", { "tokenizer.ggml.scores": array("f32", [1]) }, "tokenizer-invalid", /1 scores for 268 tokens/],
    ["scores that are no list", { "tokenizer.ggml.scores": f32(1) }, "metadata-type", /must be an array of numbers/],
    [
      "a unigram model",
      { "tokenizer.ggml.model": text("t5") },
      "tokenizer-unsupported",
      /"t5" \(SentencePiece's unigram/,
    ],
    ["a model no one knows", { "tokenizer.ggml.model": text("toString") }, "tokenizer-unsupported", /is "toString"\./],
  ])("is refused with %s", (_, changes, code, message) => {
    expect(() => spm(changes)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

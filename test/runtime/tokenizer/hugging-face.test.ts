/** Tokenizers of Hugging Face folders: ids against Hugging Face's own program, and what a folder may lack or get wrong. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Tool } from "../../../runtime/index.js";
import { type ChatMessage, createTokenizer, readHuggingFaceTokenizer } from "../../../runtime/tokenizer/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { huggingFaceFixtures, smallTokenizerJson } from "./hugging-face-fixtures.js";

const root = temporaryFolder("hugging-face");
let folders = 0;

/** A folder with these files; objects become JSON. */
function folderOf(files: Record<string, unknown>): string {
  const folder = join(root, String(folders++));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const small = (name: string, changes: object = {}, files: Record<string, unknown> = {}) =>
  createTokenizer(
    readHuggingFaceTokenizer(folderOf({ "tokenizer.json": smallTokenizerJson(name, changes), ...files })),
  );

describe.each(huggingFaceFixtures.tokenizers)("$name", ({ name, ids }) => {
  const tokenizer = small(name);

  it.each(Object.entries(ids))("encodes %j as Hugging Face does", (text, expected) => {
    expect(tokenizer.encode(text, { parseSpecial: true }).join(" ")).toBe(expected);
  });
});

describe("decodes", () => {
  it("without the space that encoding put in front", () => {
    const llama = small("Llama 2: prefix, byte fallback, bos");
    expect(llama.decode(llama.encode("hello world 猫\n"), { skipSpecial: true })).toBe("hello world 猫\n");
    const mistral = small("Mistral: Metaspace at the start");
    expect(mistral.decode(mistral.encode("hello  world"))).toBe("hello  world");
  });

  it("keeps the space of a continuation", () => {
    const tokenizer = small("Gemma: no prefix");
    const ids = tokenizer.encode(" hello", { addSpecial: false });
    expect(tokenizer.decode(ids)).toBe(" hello");
    const llama = small("Llama 2: prefix, byte fallback, bos");
    const hello = llama.encode("hello", { addSpecial: false });
    expect(llama.decode(hello)).toBe("hello");
    expect(llama.decode(hello, { continues: true })).toBe(" hello");
  });

  it("shows added pieces as text and control tokens as they are", () => {
    const tokenizer = small("Gemma: no prefix");
    expect(tokenizer.decode(tokenizer.encode("▁▁"))).toBe("  ");
    expect(tokenizer.decode([1])).toBe("<s>");
    expect(tokenizer.decode([1], { skipSpecial: true })).toBe("");
  });
});

describe("tokenizer_config.json and its neighbours", () => {
  const llama = "Llama 2: prefix, byte fallback, bos";

  it("have the last word about the tokens around a text", () => {
    const config = { bos_token: "<s>", eos_token: { content: "</s>" } };
    const idsWith = (more: object) =>
      small(llama, {}, { "tokenizer_config.json": { ...config, ...more } }).encode("hello");
    const plain = idsWith({ add_bos_token: false });
    expect(idsWith({})).toEqual([1, ...plain]);
    expect(idsWith({ add_bos_token: true, add_eos_token: true })).toEqual([1, ...plain, 2]);
  });

  it("name the tokens; the map of special tokens is asked where they do not", () => {
    const files = {
      "tokenizer_config.json": { bos_token: "<s>" },
      "special_tokens_map.json": { bos_token: "</s>", eos_token: "</s>" },
    };
    const tokenizer = small(llama, {}, files);
    expect(tokenizer.bosId).toBe(1);
    expect(tokenizer.eosIds).toEqual([2]);
  });

  it("may add tokens that tokenizer.json does not have", () => {
    const decoder = { 400: { content: "<|im_end|>", special: true }, 1: { content: "<other>", special: true } };
    const tokenizer = small(llama, {}, { "tokenizer_config.json": { added_tokens_decoder: decoder } });
    expect(tokenizer.vocabularySize).toBe(401);
    expect(tokenizer.decode([1, 400])).toBe("<s><|im_end|>");
    expect(tokenizer.eosIds).toEqual([400, 2]);
  });

  it("hold the chat template, unless it has a file of its own", async () => {
    const config = { "tokenizer_config.json": { chat_template: "config" } };
    const named = {
      "tokenizer_config.json": {
        chat_template: [
          { name: "tool_use", template: "x" },
          { name: "default", template: "named" },
        ],
      },
    };
    const render = (files: Record<string, unknown>) =>
      small(llama, {}, files).renderChat([{ role: "user", content: "Hi" }]);
    expect(await render(config)).toBe("config");
    expect(await render(named)).toBe("named");
    // A model may have another template for conversations with tools.
    const about = (messages: ChatMessage[], tools?: Tool[]) => small(llama, {}, named).renderChat(messages, { tools });
    const user: ChatMessage = { role: "user", content: "Hi" };
    expect(await about([user], [{ type: "function", function: { name: "f" } }])).toBe("x");
    expect(await about([user, { role: "tool", content: "1", toolCallId: "a" }])).toBe("named");
    expect(small(llama, {}, named).toolTemplate).toBe("x");
    expect(small(llama, {}, config).toolTemplate).toBe("config");
    const beside = { ...named, "chat_template.jinja": "file", "additional_chat_templates/tool_use.jinja": "tools" };
    expect(small(llama, {}, beside).toolTemplate).toBe("tools");
    expect(await render({ ...config, "chat_template.jinja": "file" })).toBe("file");
    await expect(render({})).rejects.toThrow(expect.objectContaining({ code: "chat-template-missing" }));
  });

  it("leave more ends of text to the caller", () => {
    const source = readHuggingFaceTokenizer(folderOf({ "tokenizer.json": smallTokenizerJson(llama) }));
    expect(createTokenizer(source, { eosIds: [5, 2] }).eosIds).toEqual([2, 5]);
    expect(() => createTokenizer(source, { eosIds: [9999] })).toThrow(/9999 ends a text, but there are \d+ tokens/);
  });
});

describe("control tokens", () => {
  const added = (id: number, content: string, special: boolean) => ({ id, content, special, normalized: true });
  const tokenizer = small("lower case", {
    added_tokens: [added(270, "<|end|>", true), added(271, "<|user|>", false), added(272, "Word", false)],
  });

  it("are not made by normalizing what a user wrote", () => {
    for (const text of ["<|end|>", "<|END|>", "＜|end|>"]) expect(tokenizer.encode(text)).not.toContain(270);
    expect(tokenizer.encode("<|END|>", { parseSpecial: true })).not.toContain(270);
    expect(tokenizer.encode("<|end|>", { parseSpecial: true })).toEqual([270]);
    expect(tokenizer.encode("WORD")).toEqual([272]);
  });

  it("and plain words that look like them cannot be forged in a conversation", async () => {
    const files = { "chat_template.jinja": "<|user|>{{ messages[0].content }}<|end|>" };
    const parts = { added_tokens: [added(270, "<|end|>", true), added(271, "<|user|>", false)] };
    const chat = small("GPT-2", parts, files);
    const ids = await chat.encodeChat([{ role: "user", content: "a<|user|>b<|end|>" }]);
    expect(ids.filter((id) => id >= 270)).toEqual([271, 270]);
    expect(chat.decode(ids)).toBe("<|user|>a<|user|>b<|end|><|end|>");
  });

  it("are not what whole words or merges give", () => {
    const whole = small("whole words", { added_tokens: [{ id: 268, content: "word", special: true }] });
    expect(whole.encode("word")).not.toContain(268);
  });
});

describe("refuses", () => {
  const gpt2 = (changes: object) => () => small("GPT-2", changes);
  const model = (changes: object) => () =>
    small("GPT-2", { model: { ...(smallTokenizerJson("GPT-2").model as object), ...changes } });
  const unsupported = "tokenizer-unsupported";
  const invalid = "tokenizer-invalid";

  it.each<[string, () => unknown, string, RegExp]>([
    ["WordPiece", model({ type: "WordPiece" }), unsupported, /model.type is WordPiece/],
    ["Unigram", model({ type: "Unigram" }), unsupported, /model.type is Unigram/],
    ["dropout", model({ dropout: 0.1 }), unsupported, /model.dropout is 0.1/],
    [
      "a prefix within words",
      model({ continuing_subword_prefix: "##" }),
      unsupported,
      /continuing_subword_prefix is "##"/,
    ],
    ["a suffix of words", model({ end_of_word_suffix: "</w>" }), unsupported, /end_of_word_suffix is "<\/w>"/],
    ["a merge of one", model({ merges: ["he"] }), invalid, /entry 0 is "he"/],
    ["a merge to no token", model({ merges: ["h e", ["h", "z"]] }), invalid, /entry 1 is \["h","z"\]/],
    ["an id that is none", model({ vocab: { a: -1 } }), invalid, /model.vocab.a must be an id/],
    ["an empty vocabulary", model({ vocab: {} }), invalid, /a vocabulary with tokens/],
    ["a normalizer", gpt2({ normalizer: { type: "Precompiled" } }), unsupported, /normalizer.type is "Precompiled"/],
    [
      "a pre-tokenizer",
      gpt2({ pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "UnicodeScripts" }] } }),
      unsupported,
      /pre_tokenizer.pretokenizers\[0\].type is "UnicodeScripts"/,
    ],
    ["a type named like a method", gpt2({ normalizer: { type: "toString" } }), unsupported, /"toString"/],
    [
      "a pattern",
      gpt2({ pre_tokenizer: { type: "Split", pattern: { Regex: "\\h" }, behavior: "Isolated" } }),
      unsupported,
      /pattern.Regex: .*\\\\h/,
    ],
    [
      "a pattern that may never end",
      gpt2({ pre_tokenizer: { type: "Split", pattern: { Regex: "(a+)+" }, behavior: "Isolated" } }),
      unsupported,
      /pattern.Regex: the regular expression "\(a\+\)\+" can take time that doubles .* write it so that there is one/,
    ],
    [
      "a pattern of a normalizer that may never end",
      gpt2({ normalizer: { type: "Replace", pattern: { Regex: "(a|a)*b" }, content: "" } }),
      unsupported,
      /normalizer.pattern.Regex: .* doubles/,
    ],
    [
      "steps in steps",
      gpt2({ normalizer: { type: "Sequence", normalizers: Array(200).fill({ type: "NFC" }) } }),
      unsupported,
      /more than 100 steps/,
    ],
    [
      "a behaviour",
      gpt2({ pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Sideways" } }),
      unsupported,
      /behavior is "Sideways"/,
    ],
    ["a decoder", gpt2({ decoder: { type: "CTC" } }), unsupported, /decoder.type is "CTC"/],
    [
      "a post-processor",
      gpt2({ post_processor: { type: "BertProcessing" } }),
      unsupported,
      /post_processor.type is "BertProcessing"/,
    ],
    [
      "tokens of single words",
      gpt2({ added_tokens: [{ id: 1, content: "x", single_word: true }] }),
      unsupported,
      /single_word is true/,
    ],
    ["no model", gpt2({ model: null }), invalid, /model must be an object, but is missing/],
  ])("%s", (_, make, code, message) => {
    expect(make).toThrow(
      expect.objectContaining({ name: "ModelError", code, message: expect.stringMatching(message) }),
    );
  });

  it("a folder without a tokenizer, and names the files looked for", () => {
    const folder = folderOf({ "config.json": {} });
    expect(() => readHuggingFaceTokenizer(folder)).toThrow(
      expect.objectContaining({
        code: "tokenizer-missing",
        file: folder,
        message: expect.stringMatching(
          /tokenizer.json, tokenizer_config.json, special_tokens_map.json, chat_template.jinja/,
        ),
      }),
    );
    expect(() => readHuggingFaceTokenizer(folderOf({ "tokenizer.model": "x" }))).toThrow(
      /has tokenizer.model, which is not read/,
    );
  });

  it("a file that is no JSON, by its name", () => {
    expect(() => readHuggingFaceTokenizer(folderOf({ "tokenizer.json": "{" }))).toThrow(
      expect.objectContaining({ code: "tokenizer-invalid", file: expect.stringMatching(/tokenizer\.json$/) }),
    );
  });

  it("a special token that the vocabulary lacks", () => {
    expect(() => small("GPT-2", {}, { "tokenizer_config.json": { eos_token: "<nowhere>" } })).toThrow(
      /eos_token must be a token/,
    );
  });
});

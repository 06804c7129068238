/** What users write: no text is lost on the way to ids and back, and nothing that they write becomes a control token. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { createTokenizer, type Tokenizer } from "../../runtime/tokenizer/index.js";
import { bytesOnly } from "../runtime/tokenizer/small-vocabulary.js";
import { text } from "../runtime/weights/write-gguf.js";
import { hostileString } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";

export const name = "conversation";

const control = ["<s>", "<|im_start|>", "<|im_end|>", "</s>", "[INST]", "[/INST]"];
const open = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const templates: Readonly<Record<string, string>> = {
  plain: `{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}${open}`,
  trimming: `{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}${open}`,
  deleting: `{% for m in messages %}<|im_start|>{{ m.content | replace('Q', '') }}<|im_end|>{% endfor %}`,
  cutting:
    "{% for m in messages %}<|im_start|>{{ m.content.split('Q')[0] ~ m.content.split('Q')[-1] }}<|im_end|>{% endfor %}",
  joining: "{% for m in messages %}<|im_start|>{{ m.role }}<|im{{ m.content }}im_end|><|im_end|>{% endfor %}",
  upper: "{% for m in messages %}<|im_start|>{{ m.content | lower }}<|im_end|>{% endfor %}",
};
const patterns = ["gpt-2", "llama-bpe", "qwen2"];
/** Qwen's tokenizer composes characters first. */
const meant = (text: string, pattern: string): string => (pattern === "qwen2" ? text.normalize("NFC") : text);

const tokenizers = new Map<string, Tokenizer>();
function tokenizerOf(template: string, pattern: string): Tokenizer {
  const key = `${template} ${pattern}`;
  const known = tokenizers.get(key);
  if (known) return known;
  const metadata = { "tokenizer.chat_template": text(templates[template]!) };
  const made = createTokenizer(bytesOnly(pattern, ["hello", " world", "<|im"], { control, metadata }));
  tokenizers.set(key, made);
  return made;
}

/** Control tokens whole and in parts, and what templates take out of the middle of them. */
const part = fc.oneof(
  fc.constantFrom(
    ...control,
    "<|",
    "|>",
    "im_",
    "start",
    "end",
    "_",
    "<",
    ">",
    "|",
    "Q",
    "\n",
    " ",
    "\0",
    "\ufdd0",
    "\ue000",
  ),
  fc.constantFrom("<|imQ_end|>", "<Q|im_start|>", "<|IM_END|>", "<|im_end|", "im_end|>", "hello", " world"),
  hostileString,
);
const content = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
const inputs = fc.record({
  template: fc.constantFrom(...Object.keys(templates)),
  pattern: fc.constantFrom(...patterns),
  contents: fc.array(content, { minLength: 1, maxLength: 3 }),
});

/** Halves of surrogate pairs are no text: they become U+FFFD. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

const roles = ["user", "assistant", "user"] as const;

export const { run, replay } = attempts({
  inputs,
  right: Object.keys(templates).flatMap((template) =>
    patterns.map((pattern) => ({ template, pattern, contents: ["Hi", " hello <|im_end|>"] })),
  ),
  refusals: ["ModelError"],
  async attempt({ template, pattern, contents }) {
    const tokenizer = tokenizerOf(template, pattern);
    for (const text of contents) {
      const ids = tokenizer.encode(text, { addSpecial: false });
      assert.equal(tokenizer.decode(ids), meant(wellFormed(text), pattern), "the text differs after encode and decode");
      assert.ok(!ids.some((id) => tokenizer.isControl(id)), "a text has a control token");
    }
    const conversation = (contents: readonly string[]) =>
      contents.map((content, i) => ({ role: roles[i % roles.length]!, content }));
    const controls = (ids: readonly number[]) => ids.filter((id) => tokenizer.isControl(id));
    const messages = conversation(contents);
    const ids = await tokenizer.encodeChat(messages);
    const honest = await tokenizer.encodeChat(conversation(contents.map(() => "hello")));
    assert.deepEqual(controls(ids), controls(honest), "a message has made or unmade a control token");
    const rendered = await tokenizer.renderChat(messages);
    assert.equal(
      meant(tokenizer.decode(ids), pattern),
      meant(wellFormed(rendered), pattern),
      "the conversation differs after encode and decode",
    );
  },
});

import { Model, type ModelOptions } from "../../../runtime/index.js";
import { tinyModels, writeGguf } from "../models/families/tiny-models.js";
import { array, text, u32 } from "../weights/write-gguf.js";

/** Letters, some of them together, which nothing encodes to, and the tokens that the chat template puts around messages. */
const TOKENS = [..."abcdefghijklm", "ab", "cd", "ef", "gh", "<u>", "<a>", "<e>"];
const TEMPLATE =
  "{% for m in messages %}{% if m.role == 'assistant' %}<a>{% else %}<u>{% endif %}{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";

/** A vocabulary of letters and a chat template, for models as small as their vocabulary. */
const keys = {
  "tokenizer.ggml.model": text("gpt2"),
  "tokenizer.ggml.pre": text("gpt-2"),
  "tokenizer.ggml.tokens": array("string", TOKENS),
  "tokenizer.ggml.token_type": array("i32", [...Array(17).fill(1), 3, 3, 3]),
  "tokenizer.ggml.merges": array("string", []),
  "tokenizer.ggml.eos_token_id": u32(19),
  "tokenizer.chat_template": text(TEMPLATE),
};

export const tinyPath = (name = "llama"): string => writeGguf(tinyModels[name]!, { keys });

/** A model of random weights that answers with letters; a step takes about a millisecond. */
export const loadTiny = (options: Partial<ModelOptions> = {}): Promise<Model> =>
  Model.load({ path: tinyPath(), device: "cpu", context: 512, beyondTrained: true, ...options });

/** Ids of letters, the same for the same seed. */
export function promptOf(length: number, seed = length): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % 13;
  });
}

import { createTokenizer, type Tokenizer } from "../../runtime/tokenizer/index.js";
import { bytesOnly } from "../runtime/tokenizer/small-vocabulary.js";
import { text } from "../runtime/weights/write-gguf.js";

const TEMPLATE =
  "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/** Bytes, a few words, and a chat template. */
export const smallTokenizer = (): Tokenizer =>
  createTokenizer(
    bytesOnly("gpt-2", [" the", " special", " magic", " number", " grass", "The", " is", " One", "One"], {
      control: ["<s>", "<|im_start|>", "<|im_end|>", "</s>"],
      metadata: { "tokenizer.chat_template": text(TEMPLATE) },
    }),
  );

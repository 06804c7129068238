/** Does with a model's files all that needs no device: what they say is read, and text goes to ids and back. */

import { openModelFiles } from "../../../runtime/models/load.js";
import type { Tokenizer } from "../../../runtime/tokenizer/index.js";

const texts = ["", " Hello,  wörld!\n\n", "1234 <s> don't </s>", "\u{1f600}漢字\ud800\0", "a".repeat(300)];

export function useTokenizer(tokenizer: Tokenizer): void {
  for (const text of texts) tokenizer.decode(tokenizer.encode(text));
  for (let id = 0; id < Math.min(tokenizer.vocabularySize, 50); id++) tokenizer.decode([id]);
}

export async function useModel(path: string): Promise<void> {
  const files = openModelFiles(path);
  try {
    for (const tensor of files.checkpoint.tensors.values()) {
      files.checkpoint.bytes(tensor, 0, Math.min(16, tensor.bytes));
      files.checkpoint.bytes(tensor, Math.max(0, tensor.bytes - 16));
    }
    useTokenizer(files.tokenizer);
    if (files.tokenizer.hasChatTemplate) await files.tokenizer.encodeChat([{ role: "user", content: "Hi <s>" }]);
  } finally {
    files[Symbol.dispose]();
  }
}

/** Formats over tokenizers of both kinds: what the mask takes a token for is what it adds to the text. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Constraint } from "../../../runtime/generate/constraint.js";
import { Formats } from "../../../runtime/grammar/index.js";
import { createTokenizer, type Tokenizer } from "../../../runtime/tokenizer/index.js";
import { openGguf } from "../../../runtime/weights/index.js";
import { bytesOnly } from "../tokenizer/small-vocabulary.js";
import { array, ggufBytes, text, u32 } from "../weights/write-gguf.js";
import { randomOf } from "./walking.js";

function sentencePiece(): Tokenizer {
  const special = ["<unk>", "<s>", "</s>"];
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const pieces = ["▁", "a", "b", '"', "{", "}", "ab", "▁a", "▁▁", "日本", '":', "é"];
  const metadata = Object.entries({
    "tokenizer.ggml.model": text("llama"),
    "tokenizer.ggml.tokens": array("string", [...special, ...bytes, ...pieces, "<tool>"]),
    "tokenizer.ggml.scores": array(
      "f32",
      [...special, ...bytes]
        .map(() => 0)
        .concat(
          pieces.map((_, i) => -i),
          0,
        ),
    ),
    "tokenizer.ggml.token_type": array("i32", [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1), 4]),
    "tokenizer.ggml.eos_token_id": u32(2),
  });
  return createTokenizer(
    openGguf("spm.gguf", { mapFile: () => Uint8Array.from(ggufBytes({ metadata })).buffer }).metadata,
  );
}

const byteLevel = () =>
  createTokenizer(
    bytesOnly("gpt-2", ["the", " the", "日本", '{"', '":'], { control: ["<s>", "</s>"], userDefined: ["<tool>"] }),
  );

function allowed(answer: Constraint, { vocabularySize }: Tokenizer): number[] {
  const mask = new Uint32Array(Math.ceil(vocabularySize / 32));
  answer.mask(mask);
  return Array.from({ length: vocabularySize }, (_, token) => token).filter(
    (token) => (mask[token >> 5]! >>> (token & 31)) & 1,
  );
}

describe.each([
  ["SentencePiece with bytes to fall back to", sentencePiece()],
  ["byte-level BPE", byteLevel()],
])("%s", (_, tokenizer) => {
  const formats = new Formats(tokenizer, new Set(tokenizer.eosIds));

  test("takes every text in the tokens that the tokenizer makes of it", () => {
    const any = { type: "regex", pattern: "[\\s\\S]*" } as const;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b", " ", "the", "é", "日本", "😀", '{"', '":', "\n", "<tool>")),
        (parts) => {
          const answer = formats.constraint(any);
          const tokens = tokenizer.encode(parts.join(""), { addSpecial: false });
          for (const token of tokens) {
            expect(allowed(answer, tokenizer)).toContain(token);
            answer.accept(token);
          }
          expect(allowed(answer, tokenizer)).toEqual(expect.arrayContaining([...tokenizer.eosIds]));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("what is said of allowed tokens is of the format; control tokens are never allowed but to end", () => {
    const pattern = /(?: ?(?:a|é|日本|😀|\{"|<tool>)){3}/u;
    for (let seed = 0; seed < 20; seed++) {
      const random = randomOf(seed);
      const answer = formats.constraint({ type: "regex", pattern });
      const said: number[] = [];
      while (!answer.ended) {
        const may = allowed(answer, tokenizer);
        expect(may.filter((token) => tokenizer.isControl(token))).toEqual([]);
        const token = may[Math.floor(random() * may.length)]!;
        answer.accept(token);
        said.push(token);
      }
      expect(tokenizer.decode(said, { skipSpecial: true, continues: true })).toMatch(
        new RegExp(`^${pattern.source}$`, "u"),
      );
    }
  });
});

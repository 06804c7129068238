/**
 * Vocabularies of llama.cpp's test set, cut down to what its texts need: exact ids, from GGUF and from tokenizer.json.
 * `node scripts/check-tokenizers.mjs FOLDER --cut test/fixtures/vocabularies.json` wrote the fixture and checks them whole.
 */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonPart } from "../../../runtime/tokenizer/hugging-face/json.js";
import { createTokenizer, huggingFaceTokenizer, readGgufTokenizer } from "../../../runtime/tokenizer/index.js";
import { PieceEncoder } from "../../../runtime/tokenizer/piece-encoder.js";
import type { PieceModel } from "../../../runtime/tokenizer/source.js";
import { openGguf } from "../../../runtime/weights/index.js";
import { tokenizerJson } from "../../../scripts/tokenizer-json.mjs";
import { array, bool, ggufBytes, type Typed, text } from "../weights/write-gguf.js";

interface Cut {
  readonly settings: Readonly<Record<string, string | boolean>>;
  readonly tokens: string[];
  /** A digit for each token. */
  readonly types: string;
  readonly scores?: number[];
  readonly merges?: string[];
  readonly ids: string[];
}

const fixture: { texts: string[]; otherTexts: Record<string, string[]>; vocabularies: Record<string, Cut> } =
  JSON.parse(readFileSync(new URL("../../fixtures/vocabularies.json", import.meta.url), "utf8"));

function metadataOf({ settings, tokens, types, scores, merges }: Cut) {
  const entries: [string, Typed | undefined][] = [
    ...Object.entries(settings).map(([key, value]): [string, Typed] => [
      key,
      typeof value === "string" ? text(value) : bool(value),
    ]),
    ["tokenizer.ggml.tokens", array("string", tokens)],
    ["tokenizer.ggml.token_type", array("i32", Array.from(types, Number))],
    ["tokenizer.ggml.scores", scores && array("f32", scores)],
    ["tokenizer.ggml.merges", merges && array("string", merges)],
  ];
  const metadata = entries.filter((entry): entry is [string, Typed] => entry[1] !== undefined);
  return openGguf("cut.gguf", { mapFile: () => Uint8Array.from(ggufBytes({ metadata })).buffer }).metadata;
}

/** Joins the best pair of all, again and again: the definition. */
function naive({ pieces, order, byteIds }: PieceModel, word: string): number[] {
  const cost = (left: string, right: string) => {
    if ("ranks" in order) return order.ranks.get(`${left} ${right}`) ?? Number.POSITIVE_INFINITY;
    return pieces.has(left + right) ? -order.scores[pieces.get(left + right)!]! : Number.POSITIVE_INFINITY;
  };
  const parts = Array.from(word);
  for (;;) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < parts.length; i++) {
      const here = cost(parts[i]!, parts[i + 1]!);
      if (here < least) [best, least] = [i, here];
    }
    if (least === Number.POSITIVE_INFINITY) break;
    parts.splice(best, 2, parts[best]! + parts[best + 1]!);
  }
  return parts.flatMap((part) => pieces.get(part) ?? [...Buffer.from(part)].flatMap((byte) => byteIds?.[byte] ?? []));
}

describe.each(Object.entries(fixture.vocabularies))("%s", (name, cut) => {
  const texts = fixture.otherTexts[name] ?? fixture.texts;
  const metadata = metadataOf(cut);
  const { tokenizer, config } = tokenizerJson(metadata);
  const source = readGgufTokenizer(metadata);
  const gguf = createTokenizer(metadata);
  const parts = {
    tokenizer: new JsonPart("tokenizer.json", tokenizer),
    config: new JsonPart("tokenizer_config.json", config),
  };
  const json = createTokenizer(huggingFaceTokenizer({ folder: "cut", ...parts, specialTokens: new JsonPart("", {}) }));

  it.each(texts.map((one, i) => [one, cut.ids[i]!] as const))("encodes %j exactly", (one, ids) => {
    expect(gguf.encode(one, { addSpecial: false }).join(" ")).toBe(ids);
    expect(json.encode(one, { addSpecial: false }).join(" ")).toBe(ids);
    expect(gguf.decode(gguf.encode(one), { skipSpecial: true })).toBe(one);
  });

  // ▁ is written as a space is, and comes back as one; command-r composes characters.
  const usable = (one: string) =>
    Buffer.from(one).toString() === one && !one.includes("▁") && one === one.normalize("NFC");
  const anyText = fc
    .array(
      fc.oneof(fc.constantFrom(...texts), fc.string({ unit: "binary" }), fc.constantFrom(" ", "  ", "\n", "é", "12")),
      { maxLength: 8 },
    )
    .map((pieces) => pieces.join(""))
    .filter(usable);

  it("gives any text back, and the same ids from both files", () => {
    fc.assert(
      fc.property(anyText, (one) => {
        const ids = gguf.encode(one, { addSpecial: false });
        expect(json.encode(one, { addSpecial: false })).toEqual(ids);
        if (name !== "falcon") expect(gguf.decode(ids, { skipSpecial: true })).toBe(one);
      }),
      { numRuns: 300 },
    );
  });

  it("joins pairs as the definition says, in long words too", () => {
    const encoder = new PieceEncoder({ ...source.model, wholeWords: false, byteLevel: false });
    const letters = [...source.model.pieces.keys()].filter((piece) => piece.length < 4);
    const word = fc
      .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 60 })
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(word, (one) => {
        const ids: number[] = [];
        encoder.encode(one, ids);
        expect(ids).toEqual(naive(source.model, one));
      }),
      { numRuns: 500 },
    );
  });
});

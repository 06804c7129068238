/** The decoder of tokenizer.json: how spellings become bytes. */

import { byteLevelBytes, pieceBytes, spaceMark } from "../sentence-piece.js";
import type { TokenizerSource } from "../source.js";
import type { JsonPart } from "./json.js";

/** What a decoder's steps do together. */
export interface Decoding {
  byteLevel: boolean;
  /** ▁ is a space. */
  marks: boolean;
  /** <0x0A> is a byte. */
  bytes: boolean;
  /** A space at the start of a text is not shown. */
  strips: boolean;
}

const decoders: Readonly<Record<string, (part: JsonPart, decoding: Decoding) => void>> = {
  Sequence: (part, decoding) => {
    for (const item of part.get("decoders").items()) addDecoder(item, decoding);
  },
  ByteLevel: (_, decoding) => {
    decoding.byteLevel = true;
  },
  ByteFallback: (_, decoding) => {
    decoding.bytes = true;
  },
  // Joining the pieces goes without saying.
  Fuse: () => {},
  Replace: (part, decoding) => {
    part.get("pattern").get("String").mustBe(spaceMark);
    part.get("content").mustBe(" ");
    if (part.get("pattern").get("String").isAbsent) throw part.get("pattern").unknown("a regular expression");
    decoding.marks = true;
  },
  Strip: (part, decoding) => {
    part.get("content").mustBe(" ");
    part.get("stop").mustBe(0);
    part.get("start").mustBe(0, 1);
    decoding.strips = part.get("start").value === 1;
  },
  Metaspace: (part, decoding) => {
    part.get("replacement").mustBe(spaceMark);
    decoding.marks = true;
  },
};

export function addDecoder(part: JsonPart, decoding: Decoding): void {
  const type = part.get("type").string();
  const entry = Object.hasOwn(decoders, type) ? decoders[type] : undefined;
  if (!entry) throw part.get("type").unknown(JSON.stringify(type));
  entry(part, decoding);
}

/** Without a decoder the spelling that words are encoded in is undone. */
export function readDecoder(part: JsonPart, usual: Pick<Decoding, "byteLevel" | "bytes">): Decoding {
  const decoding = { byteLevel: false, marks: false, bytes: false, strips: false };
  if (part.isAbsent) return { ...decoding, ...usual, marks: !usual.byteLevel };
  addDecoder(part, decoding);
  return decoding;
}

/** The bytes of a spelling. */
export function bytesOf({ byteLevel, marks, bytes }: Decoding): TokenizerSource["bytesOf"] {
  if (byteLevel) return byteLevelBytes;
  return pieceBytes({ marks, bytes });
}

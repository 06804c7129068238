/** The model of tokenizer.json: a vocabulary and its merges. Only byte-pair encoding is supported. */

import { byteIds } from "../sentence-piece.js";
import type { PieceModel } from "../source.js";
import type { JsonPart } from "./json.js";

/** Kinds that are known but not supported, in words. */
const otherModels = ["WordPiece", "Unigram", "WordLevel"];

export interface ReadModel extends Omit<PieceModel, "byteLevel"> {
  /** The whole vocabulary, special tokens included. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly byteFallback: boolean;
}

export function readModel(part: JsonPart): ReadModel {
  // Early files leave the type out.
  const type = part.get("type").string("BPE");
  if (type !== "BPE") throw part.get("type").unknown(`${type}${otherModels.includes(type) ? " and not BPE" : ""}`);
  part.get("dropout").mustBe(0);
  part.get("continuing_subword_prefix").mustBe("");
  part.get("end_of_word_suffix").mustBe("");
  const vocabulary = readVocabulary(part.get("vocab"));
  const byteFallback = part.get("byte_fallback").boolean(false);
  return {
    vocabulary,
    byteFallback,
    pieces: vocabulary,
    order: { ranks: readMerges(part.get("merges"), vocabulary) },
    wholeWords: part.get("ignore_merges").boolean(false),
    byteIds: byteFallback ? byteIds((spelling) => vocabulary.get(spelling)) : undefined,
    unknownId: vocabulary.get(part.get("unk_token").string("")),
    fuseUnknown: part.get("fuse_unk").boolean(false),
  };
}

function readVocabulary(part: JsonPart): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(part.object())) {
    // Without a part for each of a quarter of a million entries, unless one is wrong.
    ids.set(
      token,
      typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 1 << 24 ? id : part.get(token).id(),
    );
  }
  if (ids.size === 0) throw part.mistyped("a vocabulary with tokens");
  return ids;
}

/** "LEFT RIGHT" or ["LEFT", "RIGHT"]. */
function readMerges(part: JsonPart, vocabulary: ReadonlyMap<string, number>): Map<string, number> {
  const ranks = new Map<string, number>();
  const list: unknown = part.value;
  if (!Array.isArray(list)) throw part.mistyped("a list");
  const wrong = (rank: number) => {
    const merge = JSON.stringify((list as unknown[])[rank])?.slice(0, 60);
    return part.mistyped(`a list of pairs of tokens that make a token (entry ${rank} is ${merge})`);
  };
  list.forEach((merge: unknown, rank) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(pair) || pair.length !== 2) throw wrong(rank);
    const [left, right] = pair as unknown[];
    if (typeof left !== "string" || typeof right !== "string") throw wrong(rank);
    // The key would not say where the one ends and the other begins.
    if (left.includes(" ") || right.includes(" "))
      throw part.unknown(`a merge with a space in ${JSON.stringify(pair)}`);
    if (!vocabulary.has(left + right)) throw wrong(rank);
    const key = `${left} ${right}`;
    if (!ranks.has(key)) ranks.set(key, rank);
  });
  return ranks;
}

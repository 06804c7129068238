/** Added tokens, of tokenizer.json and of the list that tokenizer_config.json may have besides. */

import type { AddedToken } from "../source.js";
import type { JsonPart } from "./json.js";

/** Those of tokenizer.json first; of the other file only ids that are new. */
export function readAddedTokens(tokenizer: JsonPart, config: JsonPart): AddedToken[] {
  const list = tokenizer.get("added_tokens");
  const added = list.isAbsent ? [] : list.items().map((part) => readToken(part, part.get("id").id()));
  const known = new Set(added.map(({ id }) => id));
  const more = config.get("added_tokens_decoder");
  if (more.isAbsent) return added;
  for (const key of Object.keys(more.object())) {
    const id = Number(key);
    if (!Number.isInteger(id) || id < 0 || id >= 1 << 24)
      throw more.mistyped(`a list by id (one is ${JSON.stringify(key)})`);
    if (!known.has(id)) added.push(readToken(more.get(key), id));
  }
  return added;
}

function readToken(part: JsonPart, id: number): AddedToken {
  part.get("single_word").mustBe(false);
  const control = part.get("special").boolean(false);
  return {
    id,
    text: part.get("content").string(),
    control,
    normalized: part.get("normalized").boolean(!control),
    lstrip: part.get("lstrip").boolean(false),
    rstrip: part.get("rstrip").boolean(false),
  };
}

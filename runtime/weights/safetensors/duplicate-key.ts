/** JSON.parse keeps the last of two equal keys without a word; a hostile file could so show two readers different tensors. */

/** A key that the object in `json`, which is valid JSON, has twice at its top level; undefined if there is none. */
export function duplicateKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let lastString = "";
  // By hand: a regular expression for strings overflows its stack on one of many megabytes.
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') {
      const end = endOfString(json, i);
      if (depth === 1) lastString = json.slice(i, end);
      i = end - 1;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === ":" && depth === 1) {
      const key: string = JSON.parse(lastString);
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

/** Index behind the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (i < json.length && json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i + 1;
}

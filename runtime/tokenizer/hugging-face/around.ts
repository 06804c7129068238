/** Post-processors of tokenizer.json: which ids go around a whole text. */

import type { JsonPart } from "./json.js";

export interface Around {
  readonly before: number[];
  readonly after: number[];
}

const processors: Readonly<Record<string, (part: JsonPart, around: Around) => void>> = {
  Sequence: (part, around) => {
    for (const item of part.get("processors").items()) addProcessor(item, around);
  },
  // It moves offsets, which nobody asks for.
  ByteLevel: () => {},
  TemplateProcessing: (part, around) => {
    let side = around.before;
    for (const item of part.get("single").items()) {
      const special = item.get("SpecialToken");
      if (special.isAbsent) {
        item.get("Sequence").get("id").oneOf(["A"]);
        side = around.after;
      } else {
        const known = part.get("special_tokens").get(special.get("id").string());
        for (const id of known.get("ids").items()) side.push(id.id());
      }
    }
  },
};

export function addProcessor(part: JsonPart, around: Around): void {
  if (part.isAbsent) return;
  const type = part.get("type").string();
  const entry = Object.hasOwn(processors, type) ? processors[type] : undefined;
  if (!entry) throw part.get("type").unknown(JSON.stringify(type));
  entry(part, around);
}

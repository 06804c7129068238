import { type InlayHint, InlayHintKind, type Range } from "vscode-languageserver/node";
import { shapeText, type Type, typeText } from "../../compiler/ir/index.js";
import type { Place, Places } from "./places.js";

/** A tile in few letters: `f32[BM, BN]`, `f32` for a number, `Ptr<f32>[BM]`; nothing for what says itself. */
function short(type: Type): string | undefined {
  if (type.kind === "tile") {
    const element = type.pointer ? `Ptr<${type.dtype}>` : type.dtype;
    return type.shape.length === 0 ? element : element + shapeText(type.shape);
  }
  if (type.kind === "tuple") {
    const items = type.items.map((item) => short(item) ?? typeText(item));
    return `[${items.join(", ")}]`;
  }
  return type.kind === "descriptor" ? typeText(type) : undefined;
}

/** More than so many types of one variable say nothing at a glance. */
const MOST = 3;

function labelOf({ types }: Place): string | undefined {
  const texts = [...new Set(types.map(short))].filter((text) => text !== undefined);
  if (texts.length === 0) return undefined;
  return [...texts.slice(0, MOST), ...(texts.length > MOST ? ["…"] : [])].join(" | ");
}

/** What stands behind the names of variables, in these lines. */
export function hintsOf(places: Places, { start, end }: Range): readonly InlayHint[] {
  return places.all().flatMap((place): InlayHint[] => {
    const label = place.declares && start.line <= place.line && place.line <= end.line ? labelOf(place) : undefined;
    if (label === undefined) return [];
    const position = { line: place.line, character: place.character + place.name.length };
    return [{ position, label: `: ${label}`, kind: InlayHintKind.Type }];
  });
}

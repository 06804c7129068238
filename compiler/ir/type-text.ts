import { dimText, shapeText } from "./dim.js";
import type { Type } from "./type.js";

/** A type as the language spells it: `Tile<[64, BN], f16>`, `Ptr<f32>`, `i32`, `Const<BM>`. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "tile": {
      const element = type.pointer ? `Ptr<${type.dtype}>` : type.dtype;
      return type.shape.length === 0 ? element : `Tile<${shapeText(type.shape)}, ${element}>`;
    }
    case "const":
      return `Const<${type.dim === undefined || type.of === "bool" ? type.of : dimText(type.dim)}>`;
    case "descriptor":
      return `Descriptor<${type.dtype}, ${shapeText(type.block)}>`;
    case "tuple": {
      const items = type.items.map((item, index) => (type.names ? `${type.names[index]}: ` : "") + typeText(item));
      return type.names ? `{ ${items.join(", ")} }` : `[${items.join(", ")}]`;
    }
    default:
      return type.kind;
  }
}

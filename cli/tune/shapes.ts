import { closest } from "../../compiler/diagnostics/index.js";
import { DTYPE_NAMES, type DType } from "../../compiler/ir/index.js";
import { readInteger } from "../../runtime/integers.js";
import type { TuningShape } from "../../runtime/tuning/index.js";
import { InputError } from "../report/errors.js";
import type { ShapeText } from "./shape-text.js";

export const shownShape = (shape: TuningShape): string =>
  Object.entries(shape)
    .map(([name, size]) => `${name} = ${size}`)
    .join(", ");

const isDType = (text: string): text is DType => DTYPE_NAMES.some((name) => name === text);

function sizeOf(name: string, text: string, like: number | DType): number | DType {
  if (typeof like === "string") {
    if (isDType(text)) return text;
    throw new InputError(`--shapes: ${name} is a dtype, and ${text} is none`, `There are ${DTYPE_NAMES.join(", ")}.`);
  }
  const size = readInteger(text);
  if (size !== undefined && size >= 1) return size;
  throw new InputError(
    `--shapes: ${name}=${text} is no size`,
    "Give a whole number of at least 1, such as 512, 8k or 1M.",
  );
}

/** The shapes that were asked for, by the names of the tuning's own. Throws InputError for names that are missing or unknown. */
export function shapesFor(texts: readonly ShapeText[], like: TuningShape): TuningShape[] {
  const names = Object.keys(like);
  return texts.map((text) => {
    for (const name of text.keys()) {
      if (names.includes(name)) continue;
      const meant = closest(name, names);
      throw new InputError(
        `--shapes: a shape has no ${name}`,
        `${meant === undefined ? "" : `Did you mean ${meant}? `}A shape of this kernel consists of ${names.join(", ")}.`,
      );
    }
    const missing = names.filter((name) => !text.has(name));
    if (missing.length > 0)
      throw new InputError(
        `--shapes: ${[...text].map(([name, value]) => `${name}=${value}`).join(",")} lacks ${missing.join(", ")}`,
        `Write ${names.map((name) => `${name}=${text.get(name) ?? like[name]}`).join(",")}.`,
      );
    return Object.fromEntries(names.map((name) => [name, sizeOf(name, text.get(name)!, like[name]!)]));
  });
}

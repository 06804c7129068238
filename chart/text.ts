/** Text in drawings: one family, and how much room a line of it takes. */

import { element, escaped } from "./svg.js";

/** Lato is what PNGs are drawn with; a browser without it takes one of similar width. */
const FAMILY = "Lato, 'Helvetica Neue', Helvetica, Arial, sans-serif";

export const INK = { text: "#1f2933", quiet: "#667583", line: "#c8d1d9", grid: "#e6eaee" } as const;

export interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  readonly anchor?: "start" | "middle" | "end";
  /** Degrees, around the text's own place. */
  readonly rotate?: number;
  /** White around the letters, for text that lies on lines. */
  readonly halo?: boolean;
}

/** A line of text whose baseline starts, or is centred or ends, at x, y. */
export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 12, bold, colour = INK.text, anchor, rotate, halo } = style;
  return element(
    "text",
    {
      x,
      y,
      "font-family": FAMILY,
      "font-size": size,
      "font-weight": bold ? 700 : undefined,
      fill: colour,
      "text-anchor": anchor === "start" ? undefined : anchor,
      ...(halo ? { stroke: "#ffffff", "stroke-width": 3, "stroke-linejoin": "round", "paint-order": "stroke" } : {}),
      transform: rotate === undefined ? undefined : `rotate(${rotate} ${x} ${y})`,
    },
    escaped(text),
  );
}

/** Widths of Lato's characters in ems, roughly, by kind. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijl.,:;'|!()[\]]/, 0.28],
  [/[\sfrtI/-]/, 0.38],
  [/[mwMW@%—]/, 0.86],
  [/[A-Z&]/, 0.68],
  [/[^\u0250-\uffff]/, 0.56],
];

/** Roughly how wide a line of text is. */
export const textWidth = (text: string, size = 12): number =>
  size * Array.from(text).reduce((sum, one) => sum + (WIDTHS.find(([kind]) => kind.test(one))?.[1] ?? 1), 0);

/** Lines of at most about `width`, broken at spaces and after commas. */
export function wrapped(text: string, width: number, size = 12): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\s)|(?<=,)(?=\S)/)) {
    if (line !== "" && textWidth(line + word.trimEnd(), size) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}

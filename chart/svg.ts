/** Writes SVG as text. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as it may stand in an element or an attribute. What XML cannot have becomes U+FFFD. */
export const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids or advises against, beside lone surrogates
    .replace(/[\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);

/** At most two decimals: nobody sees more, and the files of two runs stay comparable. */
const written = (value: string | number): string =>
  typeof value === "number" ? String(Math.round(value * 100) / 100) : escaped(value);

/** `<name a="1">children</name>`; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const pairs = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${written(value)}"`],
  );
  const content = children.join("");
  return content === "" ? `<${name}${pairs.join("")}/>` : `<${name}${pairs.join("")}>${content}</${name}>`;
}

/** Elements that are moved together. */
export const group = (x: number, y: number, ...children: readonly string[]): string =>
  element("g", { transform: `translate(${written(x)} ${written(y)})` }, ...children);

/** Elements in a frame that is turned by `angle` degrees. */
export const turned = (x: number, y: number, angle: number, ...children: readonly string[]): string =>
  element("g", { transform: `translate(${written(x)} ${written(y)}) rotate(${written(angle)})` }, ...children);

/** A path through points. */
export const polyline = (points: readonly (readonly [number, number])[], attributes: Attributes): string =>
  element("polyline", {
    points: points.map(([x, y]) => `${written(x)},${written(y)}`).join(" "),
    fill: "none",
    ...attributes,
  });

/** A whole drawing on white; `title` is what a screen reader says. */
export function drawing(width: number, height: number, title: string, ...children: readonly string[]): string {
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const open = {
    xmlns: "http://www.w3.org/2000/svg",
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    role: "img",
  };
  const body = [element("title", {}, escaped(title)), element("rect", { ...size, fill: "#ffffff" }), ...children];
  return `${element("svg", open, `\n${body.join("\n")}\n`)}\n`;
}

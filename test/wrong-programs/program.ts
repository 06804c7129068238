import { type Files, IMPORTS } from "../compiler/frontend/source.js";

/**
 * A wrong program: the code of the one diagnostic that it gets, its source, and what its hint says (its message, where the code has no hint).
 * «…» marks what the diagnostic points at. The source is statements of a kernel, or whole where it has a `K { … }`, which stands for that
 * kernel, or a `kernel(` of its own, or files. `poor` says what is still bad about the answer.
 */
export type Wrong = readonly [code: string, source: string | Files, way: string | RegExp, poor?: string];

const HEAD = `export const k = kernel(({ x, y, out, h, idx, n, s, u, big, flag, B, CAUSAL }: {
  x: Ptr<"f32">; y: Ptr<"f32">; out: Ptr<"f32">; h: Ptr<"f16">; idx: Ptr<"i32">; n: Int; s: F32; u: U32; big: I64; flag: Bool;
  B: Const<"B">; CAUSAL: Const<"CAUSAL", boolean>;
}) => {
const at = programId(0) * B + arange(0, B); const mask = at < n;
`;
const TAIL = "\n}, { builds: [{ constants: { B: 64, CAUSAL: true } }] });\n";

function whole(text: string): string {
  const start = text.indexOf("K {");
  if (start >= 0) return IMPORTS + text.slice(0, start) + HEAD + text.slice(start + 3, text.lastIndexOf("}")) + TAIL;
  if (!text.includes("kernel(")) return IMPORTS + HEAD + text + TAIL;
  return text.includes('from "tilescript"') ? text : IMPORTS + text;
}

/** The files of a program, the first of which is checked, and the place that they mark. */
export function programOf(source: string | Files): { files: Files; place: string } {
  const marked: Files = typeof source === "string" ? { "k.kernel.ts": whole(source) } : source;
  let place = "";
  const files = Object.fromEntries(
    Object.entries(marked).map(([name, text]) => {
      const start = text.indexOf("«");
      if (start >= 0) {
        const before = text.slice(0, start).split("\n");
        place = `${name}:${before.length}:${before.at(-1)!.length + 1}`;
      }
      return [name, text.replace(/[«»]/g, "")];
    }),
  );
  return { files, place };
}

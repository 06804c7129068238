import { escaped } from "../../chart/escaped.js";
import type { Stage } from "../../compiler/build/inspect.js";

/** What is told apart in a line, first match first; the name is the class that it gets. */
type Rules = readonly (readonly [name: string, pattern: string])[];

const NUMBER = String.raw`\b(?:0x[\da-fA-F]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)\b`;

const RULES: Readonly<Record<Stage, Rules>> = {
  TypeScript: [
    ["comment", String.raw`\/\/.*|\/\*.*?(?:\*\/|$)|^\s*\*.*`],
    ["string", String.raw`"(?:[^"\\]|\\.)*"|\`[^\`]*\``],
    [
      "word",
      String.raw`\b(?:import|export|from|const|let|for|of|while|if|else|return|type|break|continue|true|false)\b`,
    ],
    ["number", NUMBER],
  ],
  Triton: [
    ["comment", `#.*|""".*`],
    ["string", String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`],
    [
      "word",
      String.raw`\b(?:import|from|as|def|for|in|while|if|elif|else|return|and|or|not|None|True|False)\b|@[\w.]+`,
    ],
    ["number", NUMBER],
  ],
  TTGIR: [
    ["comment", String.raw`\/\/.*`],
    ["name", String.raw`[%#!][\w.#-]+`],
    ["word", String.raw`\b(?:tt|ttg|ttng|arith|scf|math|cf|nvgpu|nvws)\.[\w.]+`],
    ["number", NUMBER],
  ],
  PTX: [
    ["comment", String.raw`\/\/.*`],
    ["name", String.raw`%[\w.]+|\$[\w.]+`],
    ["word", String.raw`(?<=^\s*(?:@!?%\w+\s+)?)\.?[a-z][\w.:]*`],
    ["number", NUMBER],
  ],
  SASS: [
    ["comment", String.raw`\/\*.*?\*\/|\/\/.*`],
    ["name", String.raw`\b(?:UR|R|UP|P)(?:\d+|Z|T)\b|\.L_x_\d+`],
    ["word", String.raw`(?<=\*\/\s+(?:@!?U?P\w+\s+)?)[A-Z][\w.]*`],
    ["number", NUMBER],
  ],
};

const PATTERNS = Object.fromEntries(
  Object.entries(RULES).map(([stage, rules]) => [
    stage,
    new RegExp(rules.map(([name, pattern]) => `(?<${name}>${pattern})`).join("|"), "g"),
  ]),
) as Readonly<Record<Stage, RegExp>>;

/** A line as HTML, with what is told apart in it. */
export function coloured(line: string, stage: Stage): string {
  let [html, end] = ["", 0];
  for (const found of line.matchAll(PATTERNS[stage])) {
    const [name] = Object.entries(found.groups!).find(([, text]) => text !== undefined)!;
    html += `${escaped(line.slice(end, found.index))}<s class="${name}">${escaped(found[0])}</s>`;
    end = found.index + found[0].length;
  }
  return html + escaped(line.slice(end));
}

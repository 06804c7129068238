import { type Hover, MarkupKind } from "vscode-languageserver/node";
import type { Frontend } from "../../compiler/frontend/index.js";
import { typeText } from "../../compiler/ir/index.js";
import { OPS, py } from "../../compiler/ops/index.js";
import type { Place } from "./places.js";

const code = (text: string): string => `\`\`\`typescript\n${text}\n\`\`\``;

/** How a call looks in the Python for Triton, its operands by their names. */
function tritonText({ op }: Place): readonly string[] {
  if (op === undefined) return [];
  const names = Object.keys(op.args).map((name) => [name, py(name)] as const);
  return [`In Triton: \`${OPS.get(op.op)!.emit(Object.fromEntries(names), op).text}\``];
}

/** What an editor shows of a name: its type, and of an op what the language's documentation says. */
export function hoverOf(place: Place, frontend: Frontend): Hover {
  const { kind, name, line, character } = place;
  const types = [...new Set(place.types.map(typeText))];
  const described = kind === "op" ? frontend.describe(name) : undefined;
  const head = types.map((type) => `(${kind}) ${name}: ${type}`).join("\n");
  const parts = [code(head), described?.text ?? "", ...tritonText(place), ...(described?.examples ?? []).map(code)];
  return {
    contents: { kind: MarkupKind.Markdown, value: parts.filter((part) => part !== "").join("\n\n") },
    range: { start: { line, character }, end: { line, character: character + name.length } },
  };
}

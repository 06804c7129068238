import ts from "typescript";
import { GIVEN, GIVEN_OF } from "./givens.js";

/** Names that an expression or a list of statements reads and does not make itself. */
function freeNames(text: string): ReadonlySet<string> {
  const made = new Set<string>();
  const read = new Set<string>();
  const isKey = (node: ts.Identifier): boolean =>
    (ts.isPropertyAccessExpression(node.parent) || ts.isPropertyAssignment(node.parent)) && node.parent.name === node;
  const visit = (node: ts.Node): void => {
    if (
      (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)) &&
      ts.isIdentifier(node.name)
    )
      made.add(node.name.text);
    if (ts.isIdentifier(node) && !isKey(node)) read.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("example.ts", text, ts.ScriptTarget.ES2022, true));
  return new Set([...read].filter((name) => !made.has(name)));
}

/** Where elements are, of a vector and of matrices, and memory of each dtype. */
const PLACES: Readonly<Record<string, string>> = {
  lane: "arange(0, 64)",
  at_32_32: "col(arange(0, 32)) * 32 + row(arange(0, 32))",
  at_32_64: "col(arange(0, 32)) * 64 + row(arange(0, 64))",
  at_64_64: "col(arange(0, 64)) * 64 + row(arange(0, 64))",
  at_32_2: "col(arange(0, 32)) * 2 + row(arange(0, 2))",
};
const DTYPE = /^(?:[iu]\d+|b?f\d+(?:e\dm\d)?)$/;

/** A kernel around an example, in which its names are what `givens.ts` says. */
export function kernelAround(name: string, example: string, language: ReadonlySet<string>): string {
  const text = example.replaceAll("…", "");
  if (text.startsWith("export ")) return `import { ${imports(text, language)} } from "tilescript";\n${text}\n`;
  const own = GIVEN_OF[name] ?? {};
  const parameters = new Map<string, string>();
  const values = new Map<string, string>();
  const need = (one: string): void => {
    // A parameter may have the name of a function, as everywhere in TypeScript.
    if (parameters.has(one) || values.has(one) || (language.has(one) && !(one in own)) || one === "Infinity") return;
    const given = own[one] ?? PLACES[one] ?? GIVEN[one] ?? (DTYPE.test(one) ? `: Ptr<"${one}">` : "load(f32 + lane)");
    if (given.startsWith(":")) parameters.set(one, given);
    else {
      for (const other of freeNames(given)) need(other);
      values.set(one, given);
    }
  };
  for (const one of freeNames(text)) need(one);
  const body = [...[...values].map(([one, given]) => `let ${one} = ${given};`), text];
  const code = `export const k = kernel(({ ${[...parameters.keys()].join(", ")} }: { ${[...parameters]
    .map(([one, type]) => `${one}${type}`)
    .join("; ")} }) => {
  ${body.join("\n  ")}
});
`;
  return `import { ${imports(code, language)} } from "tilescript";\n${code}`;
}

/** Names of the language in it: each is called, or is a type. */
const imports = (text: string, language: ReadonlySet<string>): string =>
  [...language].filter((name) => new RegExp(`\\b${name}\\b(?!:)`).test(text)).join(", ");

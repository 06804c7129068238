/** What the package exports: every symbol says what it is, and every type that a signature names can be imported. */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const entries = ["dsl/index.ts", "compiler/index.ts", "runtime/index.ts", "ai-sdk/index.ts"].map((path) =>
  join(root, path),
);
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
  ts.sys,
  root,
);
const program = ts.createProgram(entries, { ...options, noEmit: true });
const checker = program.getTypeChecker();

const original = (symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
const exportsOf = (file: string): readonly ts.Symbol[] =>
  checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!);

/** Types that compute others, as the language's shapes do: what they come to is shown where they are used. */
const isHelper = (node: ts.Declaration): boolean =>
  node.getSourceFile().fileName.startsWith(join(root, "dsl/")) ||
  (ts.isTypeAliasDeclaration(node) && ts.isConditionalTypeNode(node.type));

function isPrivate(node: ts.Node): boolean {
  if (ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal")) return true;
  if (!ts.isClassElement(node)) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    (node.name !== undefined && ts.isPrivateIdentifier(node.name)) || (ts.getCombinedModifierFlags(node) & hidden) !== 0
  );
}

/** Names of types that a declaration shows to callers: bodies and initial values are its own affair. */
function* shown(node: ts.Node): Generator<ts.EntityName | ts.Expression> {
  if (ts.isTypeReferenceNode(node)) yield node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) yield node.expression;
  const isValue = (child: ts.Node) =>
    ts.isBlock(child) || (ts.isExpression(child) && !ts.isExpressionWithTypeArguments(child));
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) if (!isPrivate(child) && !isValue(child)) yield* shown(child);
}

const place = (node: ts.Node): string => relative(root, node.getSourceFile().fileName);

/** What is exported under another name, beside a value of that name, is exported too. */
function meantBy(symbol: ts.Symbol): readonly ts.Symbol[] {
  const aliases = (symbol.declarations ?? []).filter(ts.isTypeAliasDeclaration).map(({ type }) => type);
  const named = aliases.filter(ts.isTypeReferenceNode).map(({ typeName }) => checker.getSymbolAtLocation(typeName)!);
  return [symbol, ...named.map(original)];
}

const surface = new Set(entries.flatMap((file) => exportsOf(file)).map(original));
const importable = new Set([...surface].flatMap(meantBy));
const ours = [...surface].flatMap((symbol) =>
  (symbol.declarations ?? [])
    .filter(
      (one) => one.getSourceFile().fileName.startsWith(root) && !one.getSourceFile().fileName.includes("node_modules"),
    )
    .map((declaration) => ({ symbol, declaration })),
);

test("every exported symbol says what it is", () => {
  const silent = [...surface].filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
  expect(silent.map((symbol) => `${symbol.name} (${place(symbol.declarations![0]!)})`)).toEqual([]);
});

test("every type that a signature names can be imported", () => {
  const missing = ours.flatMap(({ symbol, declaration }) =>
    [...shown(declaration)].flatMap((name) => {
      const found = checker.getSymbolAtLocation(name);
      const meant = found && original(found);
      const [declared] = meant?.declarations ?? [];
      if (!declared || importable.has(meant!) || ts.isTypeParameterDeclaration(declared) || isHelper(declared))
        return [];
      const { fileName } = declared.getSourceFile();
      return fileName.startsWith(root) && !fileName.includes("node_modules")
        ? [`${symbol.name} names ${meant!.name} of ${relative(root, dirname(fileName))}`]
        : [];
    }),
  );
  expect([...new Set(missing)]).toEqual([]);
});

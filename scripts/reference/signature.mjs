// Signatures for readers. The declarations compute with types so that an editor finds mistakes; what a reader wants is which value goes where.
import ts from "typescript";

const { factory, SyntaxKind } = ts;
const printer = ts.createPrinter({ removeComments: true });
const named = (name, args) => factory.createTypeReferenceNode(name, args);
/** Stands for what a type computes, which the text says. */
const COMPUTED = "…";
/** What a type parameter of these says by its name alone. */
const UNSAID = ["Shape", "DType"];
/** Types of TypeScript's own. */
const GLOBAL = ["Exclude", "Extract", "Omit", "Iterable", "Readonly", "Record"];
const nameOf = (node) =>
  ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName) ? node.typeName.text : undefined;
const isProblem = (node) => nameOf(node) === "Problem" || /Check$/.test(nameOf(node) ?? "");

/** Types of one file that others do not see, and which can be written out in their place. */
const plainAliases = (file) =>
  new Map(
    file.statements
      .filter(
        (one) =>
          ts.isTypeAliasDeclaration(one) &&
          one.modifiers === undefined &&
          !ts.isConditionalTypeNode(one.type) &&
          !ts.isMappedTypeNode(one.type),
      )
      .map((one) => [one.name.text, one]),
  );

/** The type as a reader wants it; `meaning` has what type parameters stand for, and `known` is whether a name has an entry. */
function simplified(node, meaning, aliases, known) {
  const visit = (one) => simplified(one, meaning, aliases, known);
  const name = nameOf(node);
  if (name !== undefined) {
    const args = node.typeArguments ?? [];
    if (meaning.has(name)) return meaning.get(name);
    if (name === "Forgotten") return factory.createKeywordTypeNode(SyntaxKind.AnyKeyword);
    // What checks an argument gives back the argument's own type, its last.
    if (name === "NoInfer" || name === "Clash" || isProblem(node)) return visit(args.at(-1));
    const alias = aliases.get(name);
    if (alias) {
      const given = new Map(alias.typeParameters?.map((one, index) => [one.name.text, visit(args[index])]));
      return simplified(alias.type, given, aliases, known);
    }
    if (/Options$/.test(name)) return named(name);
    const given = args.map(visit);
    return named(name, GLOBAL.includes(name) ? given : shortened(given, known));
  }
  if (ts.isConditionalTypeNode(node)) {
    const sides = [node.trueType, node.falseType].map((side) => (isProblem(side) ? undefined : visit(side)));
    return sides.find((side) => side !== undefined) ?? named(COMPUTED);
  }
  const computes = (one) => nameOf(one) !== undefined && !known(nameOf(one));
  if (ts.isIndexedAccessTypeNode(node) || ts.isMappedTypeNode(node)) return named(COMPUTED);
  if (ts.isIntersectionTypeNode(node) && node.types.some(computes)) return named(COMPUTED);
  if (ts.isTypeOperatorNode(node) && node.operator === SyntaxKind.ReadonlyKeyword) return visit(node.type);
  if (ts.isTupleTypeNode(node) && node.elements.length === 1 && ts.isRestTypeNode(node.elements[0]))
    return visit(node.elements[0].type);
  return ts.visitEachChild(node, (child) => (ts.isTypeNode(child) || !child ? visit(child) : inner(child, visit)));
}

/** Parameters of function types are no types themselves. */
const inner = (node, visit) => (ts.isParameter(node) ? ts.visitEachChild(node, visitType(visit)) : node);
const visitType = (visit) => (child) => (ts.isTypeNode(child) ? visit(child) : child);

/** Type arguments without what says nothing. */
function shortened(args, known) {
  const shown = args.map((one) => {
    const name = nameOf(one);
    return name !== undefined && !known(name) ? named(COMPUTED) : one;
  });
  const silent = (one) => one.kind === SyntaxKind.AnyKeyword || [...UNSAID, COMPUTED].includes(nameOf(one));
  while (shown.length > 0 && silent(shown.at(-1))) shown.pop();
  return shown.length > 0 ? shown : undefined;
}

const oneLine = (text) =>
  text
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("[ ", "[")
    .replaceAll(" ]", "]");

/** One signature as lines of TypeScript. `isExported` says which types a reader can look up. */
export function signatureText(declaration, isExported) {
  const file = declaration.getSourceFile();
  const text = (node) => oneLine(printer.printNode(ts.EmitHint.Unspecified, node, file));
  const aliases = plainAliases(file);
  const parameters = declaration.typeParameters ?? [];
  const own = new Set(parameters.map(({ name }) => name.text));
  const known = (name) => own.has(name) || isExported(name) || name === COMPUTED || GLOBAL.includes(name);
  const given = (type) => (nameOf(type) !== undefined && !known(nameOf(type)) ? named(COMPUTED) : type);
  const render = (meaning) => ({
    takes: declaration.parameters.map(({ dotDotDotToken, name, questionToken, initializer, type }) => {
      const optional = questionToken ? "?" : "";
      const standard = initializer ? ` = ${initializer.getText()}` : "";
      const written = text(simplified(type, meaning, aliases, known));
      return `${dotDotDotToken ? "..." : ""}${name.getText()}${optional}: ${written}${standard}`;
    }),
    gives: text(given(simplified(declaration.type, meaning, aliases, known))),
  });
  // One that stands in a single place says no more than what it extends.
  const plain = render(new Map());
  const uses = (name) => [...[...plain.takes, plain.gives].join(" ").matchAll(new RegExp(`\\b${name}\\b`, "g"))].length;
  const constraint = ({ constraint }) => constraint && simplified(constraint, new Map(), aliases, known);
  const once = parameters.filter((one) => one.constraint && uses(one.name.text) === 1);
  const { takes, gives } = render(new Map(once.map((one) => [one.name.text, constraint(one)])));
  const left = parameters
    .filter((one) => uses(one.name.text) > 1)
    .map((one) => {
      const written = one.constraint ? text(constraint(one)) : "Shape";
      return UNSAID.includes(written) ? one.name.text : `${one.name.text} extends ${written}`;
    });
  const start = `${declaration.name.text}${left.length > 0 ? `<${left.join(", ")}>` : ""}`;
  const line = `${start}(${takes.join(", ")}): ${gives}`;
  return line.length <= 110 ? line : `${start}(\n${takes.map((one) => `  ${one},\n`).join("")}): ${gives}`;
}

/** The type of a member, in one line. */
export const typeText = (node, isExported, parameters = []) => {
  const file = node.getSourceFile();
  const aliases = plainAliases(file);
  const known = (name) => isExported(name) || GLOBAL.includes(name) || !/^[A-Z]\w+$/.test(name);
  // A member of options is of the type that its parameter stands for where nobody says another.
  const standard = parameters.filter((one) => one.default && one.default.getText() !== "Forgotten");
  const meaning = new Map(standard.map((one) => [one.name.text, simplified(one.default, new Map(), aliases, known)]));
  return oneLine(printer.printNode(ts.EmitHint.Unspecified, simplified(node, meaning, aliases, known), file));
};

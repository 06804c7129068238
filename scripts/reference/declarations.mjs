// What dsl/ exports, as data: documentation, examples, signatures and members of options.
import { basename, dirname } from "node:path";
import ts from "typescript";
import { signatureText, typeText } from "./signature.mjs";

/** Documentation that ends with "Triton: `tl.exp`, in order." says what Triton calls it. */
const TRITON = /\s*Triton: (`[\s\S]*)\.$/;

const paragraphs = (text) =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n\s*/g, " ").trim())
    .join("\n\n");

/** @returns every name that the language exports */
export function declarations(file) {
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
  });
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
  const names = new Set(exported.map(({ name }) => name));
  const isExported = (name) => names.has(name);
  const isOurs = (node) => node.getSourceFile().fileName.startsWith(dirname(file));

  const documentation = (symbol) => ({
    doc: paragraphs(ts.displayPartsToString(symbol.getDocumentationComment(checker))),
    examples: symbol
      .getJsDocTags(checker)
      .filter(({ name }) => name === "example")
      .map((tag) => ts.displayPartsToString(tag.text)),
  });

  /** What is inherited by name is said at that name. */
  function membersOf(symbol, declaration) {
    if (declaration.kind === ts.SyntaxKind.FunctionDeclaration) return [];
    const isSum = ts.isTypeAliasDeclaration(declaration) && ts.isIntersectionTypeNode(declaration.type);
    if (ts.isTypeAliasDeclaration(declaration) && !isSum) return [];
    return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).flatMap((property) => {
      const at = property.declarations?.at(-1);
      if (!at?.type || !isOurs(at) || (isSum && names.has(at.parent.name?.text)) || property.name.startsWith("__"))
        return [];
      const type = typeText(at.type, isExported, at.parent.typeParameters);
      return [{ name: property.name, type, ...documentation(property) }];
    });
  }

  return exported.map((given) => {
    const symbol = given.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(given) : given;
    const functions = symbol.declarations.filter(ts.isFunctionDeclaration);
    const overloads = functions.filter(({ body }) => body === undefined);
    const [declaration] = symbol.declarations;
    const { fileName } = declaration.getSourceFile();
    const { doc, examples } = documentation(symbol);
    return {
      name: given.name,
      file: `${basename(dirname(fileName))}/${basename(fileName, ".ts")}`,
      at: declaration.pos,
      doc: doc.replace(TRITON, ""),
      triton: TRITON.exec(doc)?.[1],
      examples,
      signatures: [
        ...new Set((overloads.length > 0 ? overloads : functions).map((one) => signatureText(one, isExported))),
      ],
      declared: functions.length > 0 ? undefined : declaredText(declaration, isExported),
      members: membersOf(symbol, declaration),
    };
  });
}

/** A type as its declaration says it, where that says something to readers. */
function declaredText(declaration, isExported) {
  const parameters = (declaration.typeParameters ?? []).map((one) => one.name.text);
  const start = `${declaration.name.text}${parameters.length > 0 ? `<${parameters.join(", ")}>` : ""}`;
  if (!ts.isTypeAliasDeclaration(declaration)) return start;
  const { type } = declaration;
  const isSum = ts.isIntersectionTypeNode(type);
  const parts = isSum ? type.types.filter(ts.isTypeReferenceNode) : [type];
  const written = parts.map((one) => typeText(one, isExported)).join(" & ");
  const named = [...written.matchAll(/(?<!")\b[A-Z]\w*/g)].map(([name]) => name);
  const isReadable = named.every((name) => isExported(name) || parameters.includes(name) || name === "Extract");
  const isComputed = parts.some((one) => ts.isConditionalTypeNode(one) || ts.isMappedTypeNode(one));
  return isReadable && !isComputed && written !== "" ? `${start} = ${written}${isSum ? " & { … }" : ""}` : start;
}

import { LANGUAGE_FILE } from "./language-files.js";
import type { Description } from "./lowered.js";
import { ts } from "./typescript.mjs";

/** The documentation of a name that the language exports. */
export function describe(program: ts.Program, name: string): Description | undefined {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(LANGUAGE_FILE);
  const module = file && checker.getSymbolAtLocation(file);
  const exported = module?.exports && checker.tryGetMemberInModuleExports(name, module);
  if (!exported) return undefined;
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const examples = symbol.getJsDocTags(checker).filter((tag) => tag.name === "example");
  return {
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    examples: examples.map((tag) => ts.displayPartsToString(tag.text)),
  };
}

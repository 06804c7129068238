import { TileScriptError } from "../../dsl/errors.js";
import { ts } from "./typescript.mjs";

/** A host program does not parse. */
export class ScriptError extends TileScriptError {
  override readonly name = "ScriptError";

  constructor(mistakes: string) {
    super("script", mistakes);
  }
}

/**
 * A host program's TypeScript as JavaScript, file by file and not type-checked, with its source map inside: what `tilescript run` loads.
 * Throws ScriptError, with the place of each mistake, for what does not parse.
 */
export function transpile(text: string, fileName: string): string {
  const { outputText, diagnostics = [] } = ts.transpileModule(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      inlineSourceMap: true,
      inlineSources: true,
    },
  });
  const mistakes = diagnostics.filter(({ category }) => category === ts.DiagnosticCategory.Error);
  if (mistakes.length > 0) throw new ScriptError(mistakes.map(placed).join("\n"));
  return outputText;
}

function placed({ file, start = 0, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, "\n");
  if (!file) return message;
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return `${file.fileName}:${line + 1}:${character + 1}: ${message}`;
}

import { ts } from "ts-morph";

/** A host program's TypeScript as JavaScript, file by file and unchecked, with its source map inside: what `tilescript run` loads. */
export function transpile(text: string, fileName: string): string {
  return ts.transpileModule(text, {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      inlineSourceMap: true,
      inlineSources: true,
    },
  }).outputText;
}

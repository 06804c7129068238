import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The compiler's folders of these names, with what they import of others, as plain JavaScript, for child processes that a test kills: they cannot load TypeScript.
 * Lies below node_modules, so that imports and the package's root are found.
 */
export function transpile(names: readonly string[]): { folder: string; [Symbol.dispose](): void } {
  mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
  const folder = mkdtempSync(join(root, "node_modules/.cache/transpiled-"));
  for (const name of ["dsl", "compiler", "compiler/ir", "compiler/store", ...names.map((one) => `compiler/${one}`)]) {
    for (const { name: entry } of readdirSync(join(root, name), { withFileTypes: true }).filter((one) =>
      one.isFile(),
    )) {
      const [from, to] = [join(root, name, entry), join(folder, name, entry)];
      mkdirSync(dirname(to), { recursive: true });
      if (extname(entry) !== ".ts") {
        cpSync(from, to);
        continue;
      }
      const { outputText } = ts.transpileModule(readFileSync(from, "utf8"), {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2022,
          verbatimModuleSyntax: true,
        },
      });
      writeFileSync(to.replace(/\.ts$/, ".js"), outputText);
    }
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

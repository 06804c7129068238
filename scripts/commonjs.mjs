// Writes what `require("tilescript")` finds: a CommonJS face of each entry, which loads the very same module (Node 20.19 and newer can), and
// declarations that say so. One with `export =` or copied types would give TypeScript two kinds of each type.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const ENTRIES = ["dsl", "compiler", "runtime", "ai-sdk"];
const AS_MODULE = 'with { "resolution-mode": "import" }';

/** The names that a module exports: types alone, values alone, or both in one. */
function exportsOf(ts, checker, source) {
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
  return symbols.map((symbol) => {
    const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const { Value, Type } = ts.SymbolFlags;
    const parameters = meant.declarations?.flatMap((one) => (ts.isClassLike(one) ? (one.typeParameters ?? []) : []));
    if (meant.flags & Value && meant.flags & Type && parameters?.length)
      throw new Error(`${symbol.name} is a generic class: scripts/commonjs.mjs cannot declare it for CommonJS`);
    return { name: symbol.name, value: (meant.flags & Value) !== 0, type: (meant.flags & Type) !== 0 };
  });
}

function declarations(names) {
  const types = names.filter(({ value }) => !value).map(({ name }) => name);
  const lines = names.flatMap(({ name, value, type }) => [
    ...(value ? [`export declare const ${name}: typeof face.${name};`] : []),
    ...(value && type ? [`export type ${name} = face.${name};`] : []),
  ]);
  return [
    `import type * as face from "./index.js" ${AS_MODULE};`,
    ...(types.length > 0 ? [`export type { ${types.join(", ")} } from "./index.js" ${AS_MODULE};`] : []),
    ...lines,
    "",
  ].join("\n");
}

/** Needs dist/. */
export function writeCommonJs() {
  const ts = createRequire(import.meta.url)("typescript");
  const files = ENTRIES.map((entry) => join(dist, entry, "index.d.ts"));
  const { ModuleKind, ModuleResolutionKind, ScriptTarget } = ts;
  const options = { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext };
  const program = ts.createProgram(files, { ...options, target: ScriptTarget.ES2022, types: ["node"] });
  const checker = program.getTypeChecker();
  for (const file of files) {
    const names = exportsOf(ts, checker, program.getSourceFile(file));
    writeFileSync(file.replace(/\.d\.ts$/, ".d.cts"), declarations(names));
    writeFileSync(file.replace(/\.d\.ts$/, ".cjs"), 'module.exports = require("./index.js");\n');
  }
}

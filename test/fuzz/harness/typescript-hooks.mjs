// Module hooks, which run in a thread of their own: `./x.js` means x.ts where only that exists, and "tilescript" means the sources.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);
const own = {
  tilescript: "dsl/index.ts",
  "tilescript/compiler": "compiler/index.ts",
  "tilescript/runtime": "runtime/index.ts",
};

export async function resolve(specifier, context, next) {
  if (Object.hasOwn(own, specifier)) return { url: new URL(own[specifier], root).href, shortCircuit: true };
  if (/^(?:\.{1,2}\/|file:).*\.js$/.test(specifier)) {
    const { href } = new URL(specifier, context.parentURL);
    const source = href.replace(/js$/, "ts");
    if (!existsSync(fileURLToPath(href)) && existsSync(fileURLToPath(source)))
      return { url: source, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!/^file:.*\.ts$/.test(url)) return next(url, context);
  return { format: "module", source: await javascript(fileURLToPath(url)), shortCircuit: true };
}

/** The compiler takes 30 ms a file, and every target is hundreds: what it made is kept beside what it makes of the rest. */
const kept = fileURLToPath(new URL("dist/.transpiled/", root));

async function javascript(path) {
  const text = readFileSync(path, "utf8");
  const place = `${kept}${createHash("sha256").update(text).digest("hex")}.js`;
  if (existsSync(place)) return readFileSync(place, "utf8");
  const { default: ts } = await import("typescript");
  const { ES2022: target } = ts.ScriptTarget;
  const compilerOptions = { target, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, inlineSourceMap: true };
  const { outputText } = ts.transpileModule(text, { fileName: path, compilerOptions });
  mkdirSync(kept, { recursive: true });
  const draft = `${place}.${process.pid}`;
  writeFileSync(draft, outputText);
  renameSync(draft, place);
  return outputText;
}

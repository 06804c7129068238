// Module hooks, which run in a thread of their own: the product comes from dist/, as it is shipped, and of the tests `./x.js` means x.ts.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformSync } from "rolldown/utils";

const root = new URL("../../../", import.meta.url);
const built = ["dsl", "compiler", "runtime", "cli", "bench"].map((folder) => new URL(`${folder}/`, root).href);

export async function resolve(specifier, context, next) {
  if (/^(?:\.{1,2}\/|file:).*\.[jt]s$/.test(specifier)) {
    const { href } = new URL(specifier, context.parentURL);
    if (built.some((folder) => href.startsWith(folder)))
      return { url: href.replace(root.href, `${root.href}dist/`).replace(/ts$/, "js"), shortCircuit: true };
    const source = href.replace(/js$/, "ts");
    if (!existsSync(fileURLToPath(href)) && existsSync(fileURLToPath(source)))
      return { url: source, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!/^file:.*\.ts$/.test(url)) return next(url, context);
  const path = fileURLToPath(url);
  // A tenth of the time of the TypeScript compiler, which takes a second to load in each process. What it makes of `using` needs a package more.
  const { code, errors } = transformSync(path, readFileSync(path, "utf8"), { target: "es2022" });
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0].message}`);
  return { format: "module", source: code, shortCircuit: true };
}

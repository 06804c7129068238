// Module hooks of `tilescript run`: they load TypeScript, and put compiled kernels in the place of *.kernel.ts modules. They run in a
// thread of their own, so they are plain JavaScript; everything slow is looked up in a cache first.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Aliases } from "../../compiler/aliases.js";
import { SealedFolder } from "../../compiler/store/index.js";

const KERNEL_FILE = /\.kernel\.[jt]s$/;
const COMPILED = "?kernels";
const DECLARED = "?declarations";
const OURS = /^tilescript(?:\/(?:compiler|runtime))?$/;

/** @type {{ bundles: Record<string, { folder: string, kernels: { name: string, file: string }[] }>, cache: string, packageRoot: string }} */
let settings;

export function initialize(given) {
  settings = given;
}

const aliases = new Aliases();

/** `./x.js` where only x.ts exists: what TypeScript's own module resolution allows. */
function asTypeScript(url) {
  if (!url.startsWith("file:") || !/\.m?js$/.test(url)) return url;
  const typescript = url.replace(/js$/, "ts");
  return !existsSync(fileURLToPath(url)) && existsSync(fileURLToPath(typescript)) ? typescript : url;
}

async function find(specifier, context, next) {
  if (/^(?:\.{1,2}\/|\/|file:)/.test(specifier))
    return { url: asTypeScript(new URL(specifier, context.parentURL).href), shortCircuit: true };
  const inProgram = context.parentURL?.startsWith("file:") && !context.parentURL.includes("/node_modules/");
  const source = inProgram ? aliases.source(specifier, fileURLToPath(context.parentURL)) : undefined;
  if (source !== undefined) return { url: pathToFileURL(source).href, shortCircuit: true };
  try {
    return await next(specifier, context);
  } catch (error) {
    // A loose script without node_modules still finds the package whose command runs it.
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !OURS.test(specifier)) throw error;
    return next(specifier, { ...context, parentURL: pathToFileURL(join(settings.packageRoot, "package.json")).href });
  }
}

const bundleOf = (url) =>
  KERNEL_FILE.test(url) && url.startsWith("file:")
    ? (settings.bundles[fileURLToPath(url)] ?? settings.bundles["*"])
    : undefined;

export async function resolve(specifier, context, next) {
  if (specifier.endsWith(DECLARED)) return { url: specifier, shortCircuit: true };
  const found = await find(specifier, context, next);
  return bundleOf(found.url) ? { ...found, url: found.url + COMPILED } : found;
}

/** What the module declares, with references to compiled kernels in the place of its kernels: own exports hide those of `export *`. */
function compiledModule(url) {
  const { folder, kernels } = bundleOf(url);
  const source = basename(fileURLToPath(url)).replace(/\.[jt]s$/, "");
  const mine = kernels.filter(({ file }) => basename(file).replace(/\.[jt]s$/, "") === source);
  const bundle = pathToFileURL(`${folder}/`).href;
  const references = mine.map(
    ({ name }) => `export const ${name} = Object.freeze(${JSON.stringify({ kind: "kernel", name, bundle })});`,
  );
  return [`export * from ${JSON.stringify(url + DECLARED)};`, ...references].join("\n");
}

/** The module's JavaScript, from the cache if the same text was transpiled before. */
async function javascript(path) {
  const text = readFileSync(path, "utf8");
  const scripts = new SealedFolder(settings.cache, "scripts");
  const key = createHash("sha256").update(`checked\0${path}\0${text}`).digest("hex");
  const cached = await scripts.get(key);
  if (cached) return cached.toString("utf8");
  const { transpile } = await import("../../compiler/frontend/transpile.js");
  const result = transpile(text, path);
  await scripts.put(key, Buffer.from(result));
  return result;
}

export async function load(url, context, next) {
  if (url.endsWith(COMPILED))
    return { format: "module", source: compiledModule(url.slice(0, -COMPILED.length)), shortCircuit: true };
  const plain = url.endsWith(DECLARED) ? url.slice(0, -DECLARED.length) : url;
  if (/^file:.*\.m?ts$/.test(plain))
    return { format: "module", source: await javascript(fileURLToPath(plain)), shortCircuit: true };
  return next(url, context);
}

// Makes dist/vendor: what the built product runs of other packages, and nothing else of them, so that TileScript installs as one package of
// some 26 MB with no dependencies.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const modules = join(root, "node_modules");
const vendor = join(root, "dist/vendor");

/** Packages that become one module each, with what they import; what they load later lies beside it. */
const BUNDLED = [
  "@hono/node-server",
  "@huggingface/hub",
  "@huggingface/jinja",
  "@resvg/resvg-wasm",
  "commander",
  "execa",
  "get-tsconfig",
  "hono",
  "hono/body-limit",
  "hono/streaming",
  "picocolors",
  "vscode-languageserver-textdocument",
  "vscode-languageserver/node",
  "zod",
];

/** Parts of one library, which register in each other and are bundled together, with what chart/ uses of each. */
const ECHARTS = {
  "echarts/core": ["init", "setPlatformAPI", "use"],
  "echarts/charts": ["HeatmapChart", "LineChart"],
  "echarts/components": [
    ...["GridComponent", "LegendComponent", "MarkLineComponent", "TitleComponent", "VisualMapContinuousComponent"],
  ],
  "echarts/renderers": ["SVGRenderer"],
};

/** Files that are taken as they are, by what the sources call them. */
const FILES = [
  "@resvg/resvg-wasm/index_bg.wasm",
  "@fontsource/lato/files/lato-latin-400-normal.woff2",
  "@fontsource/lato/files/lato-latin-700-normal.woff2",
];

/** What the native add-on is compiled with: from the package too, where there is no prebuilt one for a machine. */
const HEADERS = ["node-addon-api", "node-api-headers/include"];

const plain = (name) => name.replace(/^@/, "").replaceAll("/", "-");

/** Where in dist/vendor a specifier of the sources leads. */
export const VENDORED = Object.fromEntries([
  ...[...BUNDLED, ...Object.keys(ECHARTS)].map((name) => [name, `${plain(name)}.js`]),
  ...FILES.map((name) => [name, plain(name)]),
  ["typescript", "typescript/typescript.js"],
]);

/** Those with declarations there, because declarations of ours name their types. */
const TYPED = new Set(["zod"]);

const SPECIFIER = new RegExp(`(\\b(?:from|import)\\s*\\(?\\s*|\\()"(${Object.keys(VENDORED).join("|")})"`, "g");

/** A module of dist/ whose imports of packages lead to dist/vendor. */
export function vendored(path, text) {
  const declares = path.endsWith(".d.ts");
  return text.replace(SPECIFIER, (all, before, name) => {
    if (declares && !TYPED.has(name)) return all;
    const way = relative(dirname(path), join(vendor, VENDORED[name]));
    return `${before}"${way.startsWith(".") ? way : `./${way}`}"`;
  });
}

const stampFile = join(vendor, ".stamp");

function fingerprint() {
  const hash = createHash("sha256");
  for (const path of ["package-lock.json", "scripts/vendor.mjs"]) hash.update(readFileSync(join(root, path)));
  return hash.digest("hex");
}

/** Makes dist/vendor anew if packages changed since it was made. */
export function bringVendorUpToDate() {
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === fingerprint()) return;
  // The bundler's interface is asynchronous, and whoever needs dist/ waits for it.
  const done = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { cwd: root, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`dist/vendor could not be made; run npm ci first\n${done.stderr}`.trimEnd());
}

/** A module that exports by name what Node finds in a package: of CommonJS a bundler would export the whole as its default alone. */
async function entry(name) {
  const names = ECHARTS[name] ?? Object.keys(await import(name)).filter((one) => one !== "module.exports");
  const path = join(vendor, `.${plain(name)}.mjs`);
  writeFileSync(path, `export { ${names.join(", ")} } from "${name}";\n`);
  return path;
}

/** Each package alone: what one needs of Node is not loaded with another. Gives the files whose code is in them. */
async function bundle() {
  const { rolldown } = await import("rolldown");
  const define = { "process.env.NODE_ENV": '"production"' };
  const options = { cwd: root, platform: "node", logLevel: "warn", transform: { define } };
  const paths = [];
  for (const together of [...BUNDLED.map((name) => [name]), Object.keys(ECHARTS)]) {
    const input = {};
    for (const name of together) input[plain(name)] = await entry(name);
    const build = await rolldown({ input, ...options });
    const { output } = await build.write({ dir: vendor, chunkFileNames: "[name]-[hash].js", minify: true });
    await build.close();
    for (const path of Object.values(input)) rmSync(path);
    paths.push(...output.flatMap((chunk) => Object.keys(chunk.modules ?? {})));
  }
  return paths.filter((path) => path.startsWith(modules));
}

/** TypeScript, minified, which loads faster, with the declarations of JavaScript's own library: kernels have neither a DOM nor Node. */
async function typescript() {
  const { rolldown } = await import("rolldown");
  const from = join(modules, "typescript/lib");
  const to = join(vendor, "typescript");
  mkdirSync(to, { recursive: true });
  const build = await rolldown({ input: join(from, "typescript.js"), platform: "node", logLevel: "silent" });
  await build.write({ file: join(to, "typescript.js"), format: "cjs", minify: true });
  await build.close();
  // Without it, Node would read the file as a module of ours.
  writeFileSync(join(to, "package.json"), '{ "type": "commonjs" }\n');
  const libraries = readdirSync(from).filter((name) => /^lib\.(?:es|decorators)[\w.]*\.d\.ts$/.test(name));
  for (const name of libraries) copyFileSync(join(from, name), join(to, name));
  return [join(from, "typescript.js")];
}

/** The declarations of zod that ours name. */
function declarations() {
  const folder = join(modules, "zod");
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const target = join(vendor, "zod", relative(folder, path));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
    for (const [, name] of readFileSync(path, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g))
      visit(join(dirname(path), name.replace(/\.js$/, ".d.ts")));
  };
  visit(join(folder, "index.d.ts"));
  writeFileSync(join(vendor, "zod.d.ts"), 'export * from "./zod/index.js";\n');
}

const packageOf = (path) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path)[1];

/** The terms of everything in dist/vendor, as its packages state them. */
function licenses(paths) {
  const folders = [...new Set(paths.map(packageOf))].sort();
  const texts = folders.map((folder) => {
    const { name, version, license, author, repository } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const files = readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => /^(?:licen[cs]e|notice|thirdpartynotice)/i.test(name))
      .flatMap((one) =>
        one.isFile() ? one.name : readdirSync(join(folder, one.name)).map((file) => join(one.name, file)),
      );
    const by = typeof author === "string" ? author : author?.name;
    const text = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
    const source = `Source: ${repository?.url ?? repository ?? `https://www.npmjs.com/package/${name}`}`;
    return [`${name} ${version} (${license})${by ? `, ${by}` : ""}\n${source}`, ...text].join("\n\n");
  });
  const opening = "TileScript's dist/vendor has code and data of the packages below, under the terms that follow each.";
  writeFileSync(join(vendor, "LICENSES.txt"), `${[opening, ...texts].join(`\n\n${"=".repeat(80)}\n\n`)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(vendor, { recursive: true, force: true });
  mkdirSync(vendor, { recursive: true });
  const paths = await bundle();
  paths.push(...(await typescript()));
  declarations();
  for (const name of FILES) copyFileSync(join(modules, name), join(vendor, plain(name)));
  for (const name of HEADERS)
    cpSync(join(modules, name), join(vendor, "headers"), {
      recursive: true,
      filter: (path) => path === join(modules, name) || /\.h$/.test(path),
    });
  paths.push(...[...FILES, ...HEADERS].map((name) => join(modules, name, "x")));
  licenses(paths);
  writeFileSync(stampFile, fingerprint());
}

// Writes docs/reference: every name of the language with its signatures, documentation, options and examples, as dsl/ declares them.
//
//   node scripts/reference.mjs [--check]      --check changes nothing and fails where a page says something else
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bringUpToDate } from "./dist.mjs";
import { acceptedDTypes } from "./reference/accepted.mjs";
import { declarations } from "./reference/declarations.mjs";
import { dtypeTable, pagesOf, undocumented } from "./reference/pages.mjs";

bringUpToDate();
const { OPERATIONS } = await import("../dist/compiler/frontend/operations.js");
const { OPS } = await import("../dist/compiler/ops/index.js");
const { DTYPES } = await import("../dist/compiler/ir/index.js");

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const FOLDER = "docs/reference";

const entries = declarations(at("dsl/index.ts"));
const problems = undocumented(entries);
for (const problem of problems) console.error(problem);

/** Comments that stand by themselves above the declarations of a file. */
function introductions(file) {
  const text = readFileSync(at(`${file.startsWith("dsl/") ? "" : "dsl/"}${file}.ts`), "utf8");
  return [...text.matchAll(/\n\n((?:\/\/ .*\n)+)\n/g)].map(([, lines]) =>
    lines
      .split("\n")
      .map((line) => line.replace(/^\/\/ /, ""))
      .join("\n")
      .trim(),
  );
}

const pages = pagesOf(entries, {
  acceptedBy: (name) => (Object.hasOwn(OPERATIONS, name) ? acceptedDTypes(OPERATIONS[name], OPS, DTYPES) : undefined),
  introductions,
  dtypeTable: dtypeTable(DTYPES),
});

const folder = at(FOLDER);
const before = existsSync(folder) ? readdirSync(folder) : [];
const read = (name) => (before.includes(name) ? readFileSync(`${folder}/${name}`, "utf8") : undefined);
const changed = [...new Set([...before, ...pages.keys()])].filter((name) => read(name) !== pages.get(name));
if (process.argv.includes("--check")) {
  for (const name of changed)
    console.error(`${FOLDER}/${name} does not say what dsl/ declares: run node scripts/reference.mjs`);
  if (changed.length > 0) process.exitCode = 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of changed)
    if (pages.has(name)) writeFileSync(`${folder}/${name}`, pages.get(name));
    else rmSync(`${folder}/${name}`);
}
if (problems.length > 0) process.exitCode = 1;

// Writes docs/reference: every name of the language with its signatures, documentation, options and examples, as dsl/ declares them.
//
//   node scripts/reference.mjs [--check]      --check changes nothing and fails where a page says something else
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { bringUpToDate } from "./dist.mjs";
import { acceptedDTypes } from "./reference/accepted.mjs";
import { declarations } from "./reference/declarations.mjs";
import { dtypeTable, pagesOf, undocumented } from "./reference/pages.mjs";
import { at, put } from "./written-pages.mjs";

bringUpToDate();
const { OPERATIONS } = await import("../dist/compiler/frontend/operations.js");
const { OPS } = await import("../dist/compiler/ops/index.js");
const { DTYPES } = await import("../dist/compiler/ir/index.js");

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

const earlier = existsSync(at(FOLDER)) ? readdirSync(at(FOLDER)) : [];
const names = [...new Set([...earlier, ...pages.keys()])];
put(
  names.map((name) => [`${FOLDER}/${name}`, pages.get(name)]),
  "dsl/",
  "reference",
);
if (problems.length > 0) process.exitCode = 1;

// Writes docs/errors.md: every code of the diagnostics catalogue with what it is about.
//
//   node scripts/error-pages.mjs [--check]      --check changes nothing and fails where the page says something else
import { bringUpToDate } from "./dist.mjs";
import { put } from "./written-pages.mjs";

bringUpToDate();
const { CATALOGUE, ERRORS_PAGE } = await import("../dist/compiler/diagnostics/index.js");

/** The first digit of a code is the stage that finds the problem. */
const STAGES = {
  "TS-K1": "The text of a kernel",
  "TS-K2": "Types, shapes and constants",
  "TS-K3": "Building",
};

const HEAD = `# What the compiler says

Every problem that \`tilescript check\` and \`tilescript build\` report has a code. Here is what each is about; the message itself names the types,
sizes and places at hand. \`tilescript explain CODE\` prints the same. Written by \`node scripts/error-pages.mjs\` from
[the catalogue](../compiler/diagnostics/catalogue).`;

const entry = ({ code, severity = "error", about }) => `### ${code}\n\n*${severity}*: ${about}`;

const sections = Object.entries(STAGES).map(([start, title]) =>
  [`## ${title}`, ...CATALOGUE.filter(({ code }) => code.startsWith(start)).map(entry)].join("\n\n"),
);
put([[ERRORS_PAGE, `${[HEAD, ...sections].join("\n\n")}\n`]], "the catalogue", "error-pages");

import { readFileSync } from "node:fs";
import { escaped } from "../../chart/escaped.js";
import type { Line, Pane, Report } from "../../compiler/build/inspect.js";
import type { Work } from "../../compiler/build/work.js";
import { coloured } from "./highlight.js";
import { STYLE } from "./style.js";

/** What the page does when it is open; it is part of it as it stands. */
const SCRIPT = readFileSync(new URL("./script.mjs", import.meta.url), "utf8");

const number = (value: number): string => value.toLocaleString("en-US");

/** `4,096` bytes are `4 KiB`; what is no whole number of them keeps one digit. */
function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let [size, unit] = [value, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${Number(size.toFixed(1))} ${units[unit]}`;
}

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
  readonly isWide?: boolean;
}

/** A loop's turns where they are not known: `n44` is how often the loop on line 44 turns. */
const turns = ({ loops }: Work): string => loops.map((line) => ` · n${line}`).join("");

/** A sum over all turns of all loops: `16 KiB + 8 KiB · n44`. */
function total(work: readonly Work[], of: (term: Work) => number, text: (value: number) => string): string {
  const terms = work.filter((term) => of(term) > 0).map((term) => text(of(term)) + turns(term));
  return terms.join(" + ") || text(0);
}

function workFacts(work: readonly Work[]): Fact[] {
  const lines = [...new Set(work.flatMap(({ loops }) => loops))];
  const read = total(work, ({ readBytes }) => readBytes, bytes);
  const written = total(work, ({ writtenBytes }) => writtenBytes, bytes);
  const moved = ({ readBytes, writtenBytes }: Work): number => readBytes + writtenBytes;
  const flops = work.reduce((sum, term) => sum + term.flops, 0);
  const all = work.reduce((sum, term) => sum + moved(term), 0);
  const unknown = lines.map((line) => `n${line}: turns of the loop on line ${line}`).join("; ");
  const intensity = flops > 0 && all > 0 ? `${(flops / all).toFixed(2)} for each byte` : "";
  return [
    {
      name: "bytes a program",
      value: total(work, moved, bytes),
      note: `${read} read, ${written} written`,
      isWide: true,
    },
    {
      name: "FLOP a program",
      value: total(work, (term) => term.flops, number),
      note: unknown || intensity,
      isWide: true,
    },
  ];
}

function facts(report: Report): Fact[] {
  const { registers, spillBytes, sharedBytes, occupancy, warps, stages, work } = report;
  return [
    { name: "registers", value: number(registers), note: "a thread" },
    {
      name: "spills",
      value: spillBytes === 0 ? "none" : bytes(spillBytes),
      note: spillBytes === 0 ? "all values stay in registers" : "stored and loaded again",
      isBad: spillBytes > 0,
    },
    { name: "shared memory", value: bytes(sharedBytes), note: "a program" },
    ...(occupancy
      ? [
          {
            name: "occupancy",
            value: `${Math.round((100 * occupancy.warps) / occupancy.mostWarps)} %`,
            note: `${occupancy.blocks} program${occupancy.blocks === 1 ? "" : "s"}, ${occupancy.warps} of ${occupancy.mostWarps} warps; limited by ${occupancy.limit}`,
            isBad: occupancy.blocks === 0,
          },
        ]
      : []),
    { name: "warps", value: number(warps), note: `${stages} stages` },
    ...workFacts(work),
  ];
}

/** What one of the lines shows: TypeScript also tells how many instructions it became. */
function row(line: Line, pane: Pane, counts: ReadonlyMap<string, number>): string {
  const { at, number: own, text } = line;
  const place = at === null ? "" : ` data-at="${escaped(at)}"`;
  const gutter = own === null ? "" : `<b>${own}</b>`;
  const count = pane.stage === "TypeScript" && at !== null ? counts.get(at) : undefined;
  const tally = count === undefined ? "" : `<i title="${count} SASS instructions">${count}</i>`;
  return `<li${place}>${gutter}<code>${coloured(text, pane.stage) || " "}</code>${tally}</li>`;
}

function section(pane: Pane, counts: ReadonlyMap<string, number>): string {
  const name = pane.file === null ? pane.stage : `${pane.stage} <small>${escaped(pane.file)}</small>`;
  const rows = pane.lines.map((line) => row(line, pane, counts)).join("\n");
  const note = `<span>${number(pane.lines.length)} lines</span>`;
  return `<section data-stage="${pane.stage}"><h2>${name}${note}</h2><ol tabindex="0">${rows}</ol></section>`;
}

/** Instructions of SASS by the line that they come from. */
function instructions(panes: readonly Pane[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { at, text } of panes.find(({ stage }) => stage === "SASS")?.lines ?? [])
    if (at !== null && /^\s*\/\*[\da-f]{4,}\*\//.test(text)) counts.set(at, (counts.get(at) ?? 0) + 1);
  return counts;
}

/** The page about a kernel: all of it in one text, which needs nothing else. */
export function page(report: Report): string {
  const { kernel, file, line, doc, arch, constants, dtypes, panes } = report;
  const configuration = Object.entries({ ...dtypes, ...constants }).map(
    ([name, value]) => `<kbd>${escaped(name)} = ${escaped(String(value))}</kbd>`,
  );
  const counts = instructions(panes);
  const cards = facts(report).map(
    ({ name, value, note, isBad, isWide }) =>
      `<div class="${isBad ? "bad" : isWide ? "wide" : "plain"}"><dt>${name}</dt><dd>${value}</dd><p>${escaped(note)}</p></div>`,
  );
  const [sources, made] = [true, false].map((isSource) =>
    panes
      .filter(({ stage }) => (stage === "TypeScript") === isSource)
      .map((pane) => section(pane, counts))
      .join("\n"),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(kernel)} · sm_${arch} · TileScript</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(kernel)} <small>${escaped(file)}:${line}</small></h1>
<p class="configuration"><kbd class="arch">sm_${arch}</kbd>${configuration.join("")}</p>
${doc ? `<p class="doc">${escaped(doc)}</p>` : ""}
<dl>${cards.join("\n")}</dl>
<nav aria-label="stages"></nav>
</header>
<main>
<div class="sources">
${sources}
</div>
<div class="made">
${made}
</div>
</main>
<footer>FLOP: one for each float of an elementwise op or a reduction, 2·m·n·k of a product. Bytes count every lane of a mask. Both are of program 0.</footer>
<script type="module">
${SCRIPT}
</script>
</body>
</html>
`;
}

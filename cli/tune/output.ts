import type { BuildEntry } from "../../compiler/bundle/index.js";
import { colours } from "../report/colours.js";
import type { ShapeResult, Timed } from "./measure-kernel.js";
import { shownShape } from "./shapes.js";

const all = ({ constants, dtypes, options = {} }: BuildEntry): Record<string, unknown> => ({
  ...dtypes,
  ...constants,
  ...options,
});

/** What tells a build from the others: `BM=128 BN=64 warps=8`. */
export function buildText(build: BuildEntry, builds: readonly BuildEntry[]): string {
  const said = builds.map(all);
  const names = [...new Set(said.flatMap((one) => Object.keys(one)))].filter(
    (name) => new Set(said.map((one) => JSON.stringify(one[name]))).size > 1,
  );
  const own = all(build);
  return names.flatMap((name) => (own[name] === undefined ? [] : [`${name}=${own[name]}`])).join(" ") || "the only one";
}

const time = (milliseconds: number): string =>
  milliseconds < 1 ? `${(milliseconds * 1000).toPrecision(3)} µs` : `${milliseconds.toPrecision(4)} ms`;

const rate = (perMillisecond: number): string =>
  perMillisecond >= 100 ? perMillisecond.toFixed(0) : perMillisecond.toPrecision(3);

interface Column {
  readonly head: string;
  readonly cell: (timed: Timed) => string;
}

/** FLOP/s of a kernel with products, else GB/s, where the work is known. */
function rateOf({ work, timed }: ShapeResult): readonly Column[] {
  const { bytes, flops } = work;
  if (flops !== undefined) {
    const [head, unit] = flops / timed[0]!.milliseconds >= 1e9 ? ["TFLOP/s", 1e9] : ["GFLOP/s", 1e6];
    return [{ head, cell: ({ milliseconds }) => rate(flops / milliseconds / unit) }];
  }
  if (bytes !== undefined) return [{ head: "GB/s", cell: ({ milliseconds }) => rate(bytes / milliseconds / 1e6) }];
  return [];
}

const resources = (timed: readonly Timed[]): readonly Column[] =>
  timed.some((one) => one.resources)
    ? [
        { head: "registers", cell: (one) => String(one.resources?.registers ?? "") },
        { head: "shared", cell: (one) => String(one.resources?.sharedBytes ?? "") },
      ]
    : [];

/** A shape's table: its builds, the fastest first, then those that were not measured, with the reason. */
export function shapeTable(result: ShapeResult): string[] {
  const { timed, pruned, shape } = result;
  const builds = [...timed, ...pruned].map(({ build }) => build);
  const { bold, dim } = colours(process.stdout);
  const columns: readonly Column[] = [
    { head: "build", cell: ({ build }) => buildText(build, builds) },
    { head: "time", cell: ({ milliseconds }) => time(milliseconds) },
    { head: "ratio", cell: ({ milliseconds }) => `${(milliseconds / timed[0]!.milliseconds).toFixed(2)} ×` },
    ...rateOf(result),
    ...resources(timed),
  ];
  const rows = [columns.map(({ head }) => head), ...timed.map((one) => columns.map(({ cell }) => cell(one)))];
  const names = [...rows.map(([name]) => name!), ...pruned.map(({ build }) => buildText(build, builds))];
  const widths = columns.map((_, at) =>
    Math.max(...(at === 0 ? names : rows.map((row) => row[at]!)).map((cell) => cell.length)),
  );
  const pad = (cell: string, at: number): string => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!));
  const lines = rows.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd());
  return [
    bold(shownShape(shape)),
    dim(lines[0]!),
    ...lines.slice(1),
    ...pruned.map(({ build, pruned: why }) => dim(`  ${pad(buildText(build, builds), 0)}  not measured: ${why}`)),
  ];
}

export const shapeJson = ({ shape, timed, pruned, work }: ShapeResult): object => ({
  shape,
  builds: timed.map(({ index, build, milliseconds, runs, resources }) => ({
    build: index,
    ...{ constants: build.constants, dtypes: build.dtypes, options: build.options ?? {} },
    ...{ milliseconds, runs, ratio: milliseconds / timed[0]!.milliseconds },
    ...(work.flops !== undefined && { teraflopsPerSecond: work.flops / milliseconds / 1e9 }),
    ...(work.bytes !== undefined && { gigabytesPerSecond: work.bytes / milliseconds / 1e6 }),
    ...resources,
  })),
  pruned: pruned.map(({ index, build, pruned: reason }) => ({
    build: index,
    constants: build.constants,
    options: build.options ?? {},
    reason,
  })),
});

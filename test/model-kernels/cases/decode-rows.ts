import { type RowUse, rowTiles } from "../../../runtime/kernels/tiles.js";
import type { Kind } from "../activations.js";
import { cdiv, type Edges, type KernelCase, type Setting } from "../case.js";
import { decodeLogitsCase } from "./decode-logits.js";
import { decodeAddCase, decodeGateUpCase, decodeQkvCase } from "./decode-project.js";
import type { Projection } from "./projections.js";

/*
 * Products of decode steps with whole rows of bf16 matrices. They compute what the products in blocks compute, so their cases are those of
 * the other kernels, launched another way.
 */

type RowTiles = NonNullable<ReturnType<typeof rowTiles>>["tiles"];

/** Columns of a matrix, and how its rows are read on the CPU executor, which has no such tiles of its own. */
interface Layout {
  readonly K: number;
  readonly tiles: RowTiles;
}

const ONE = { P0: 64, P1: 16, TWO: false };
const BOTH = { P0: 64, P1: 64, TWO: true };

/** Less than a part, as much, into the second, and both; of few rows at a time and of more. */
const LAYOUTS: readonly Layout[] = [
  { K: 32, tiles: { R: 2, ...ONE } },
  { K: 64, tiles: { R: 4, ...ONE } },
  { K: 32, tiles: { R: 2, ...BOTH } },
  { K: 64, tiles: { R: 4, ...BOTH } },
  { K: 96, tiles: { R: 2, ...BOTH } },
  { K: 128, tiles: { R: 4, ...BOTH } },
];

/** Rows in one part and in two, with as many elements as these hold, and with less; those of SmolLM2 135M among them. */
const COLUMNS = [96, 576, 1024, 1536, 4096, 4864, 14336];

const layoutsOf = ({ traits }: Edges["device"], use: RowUse): Layout[] =>
  traits.tiles === "cpu" ? [...LAYOUTS] : COLUMNS.map((K) => ({ K, tiles: tilesOfGpu(K, use) }));

const tilesOfGpu = (K: number, use: RowUse): RowTiles => rowTiles("gpu", K, use)!.tiles;

/** The kinds of numbers that are exact: the mean square of whole ones is so over a power of two of them. */
const kindsOf = (K: number, use: RowUse): Kind[] =>
  use === "add" || Math.log2(K) % 1 === 0 ? ["random", "whole"] : ["random"];

/** A case of a product in blocks, launched as `programs` that take rows in turn. */
function inRows(base: KernelCase, { K, tiles }: Layout, use: RowUse, programs: number): KernelCase {
  const tilesOn = ({ set }: Setting): RowTiles => (set === "cpu" ? tiles : tilesOfGpu(K, use));
  return {
    kernel: `${base.kernel}Rows`,
    title: `${programs} program${programs === 1 ? "" : "s"}, parts of ${tiles.P0}${tiles.TWO ? ` + ${tiles.P1}` : ""}, ${base.title}`,
    constants(setting) {
      const { B: _blocks, ONE: _whole, KP: _part, FORMAT: _format, ...choices } = base.constants(setting);
      return { ...choices, ...tilesOn(setting) };
    },
    grid: () => [programs],
    prepare() {
      const { own, ...prepared } = base.prepare();
      return {
        ...prepared,
        ...(own && {
          own: (setting) => own({ ...setting, tiles: withRows(setting.tiles, tilesOn(setting).R) }),
        }),
        args(buffers) {
          const {
            bytes: _bytes,
            signed: _signed,
            halves: _halves,
            blockCount: _count,
            ...args
          } = prepared.args(buffers);
          return { ...args, K };
        },
      };
    },
  };
}

/** Tiles of products in blocks with R rows each, from which their cases take the number of rows. */
export const withRows = (tiles: Setting["tiles"], R: number): Setting["tiles"] => ({
  ...tiles,
  qkv: { ...tiles.qkv, R },
  gateUp: { ...tiles.gateUp, R },
  add: { ...tiles.add, R },
  logits: { ...tiles.logits, R },
});

/** What a use's cases are made of: rows of a result for R at a time, and the cases' choices, the first of which is tried with all programs. */
interface Product<Choices> {
  rows(R: number): number;
  readonly choices: readonly Choices[];
  of(edges: Edges, one: Projection, choices: Choices, programs: number): KernelCase;
}

const PRODUCTS = {
  qkv: {
    rows: (R) => 4 * R + 5,
    choices: [false, true].flatMap((APART) => [false, true].map((BIAS) => ({ BIAS, APART }))),
    of: decodeQkvCase,
  } satisfies Product<Parameters<typeof decodeQkvCase>[2]>,
  gateUp: {
    rows: (R) => 2 * R + 1,
    choices: (["silu", "gelu"] as const).flatMap((ACT) => [false, true].map((BIAS) => ({ BIAS, ACT }))),
    of: decodeGateUpCase,
  } satisfies Product<Parameters<typeof decodeGateUpCase>[2]>,
  add: {
    rows: (R) => 3 * R + 1,
    choices: [true, false].flatMap((ADD) => [false, true].map((BIAS) => ({ BIAS, ADD }))),
    of: (edges, one, choices) => decodeAddCase(edges, one, choices),
  } satisfies Product<Parameters<typeof decodeAddCase>[2]>,
  logits: {
    rows: (R) => 7 * R + 3,
    choices: [{}, { BIAS: true }, { padding: 1 }, { padding: 9 }, { cap: 1.5 }, { cap: 1.5, BIAS: true, padding: 3 }],
    of: (edges, one, choices, programs) => decodeLogitsCase(edges, one, { programs, ...choices }),
  } satisfies Product<Omit<Parameters<typeof decodeLogitsCase>[2], "programs">>,
} as const;

/** One program, a few that share rows unevenly, and one for every tile. */
const programsOf = (tiles: number): number[] => [...new Set([1, Math.min(3, tiles), tiles])];

function casesOf<Choices extends object>(edges: Edges, use: RowUse, { rows, choices, of }: Product<Choices>) {
  return layoutsOf(edges.device, use).flatMap((layout) => {
    const { K, tiles } = layout;
    const inside: Edges = { ...edges, tiles: withRows(edges.tiles, tiles.R) };
    const all = programsOf(cdiv(rows(tiles.R), tiles.R));
    const launches = choices.flatMap((choice, index) =>
      (index === 0 ? all : all.slice(1, 2)).map((n) => ({ choice, n })),
    );
    return kindsOf(K, use).flatMap((kind) =>
      launches
        // Capped whole numbers are not whole.
        .filter(({ choice }) => kind === "random" || !("cap" in choice))
        .map(({ choice, n }) =>
          inRows(of(inside, { FORMAT: "bf16", kind, blockCount: K / 32 }, choice, n), layout, use, n),
        ),
    );
  });
}

/** Widths that are no whole blocks, and a stack's middle. */
function narrowCases(edges: Edges): KernelCase[] {
  return layoutsOf(edges.device, "qkv")
    .slice(0, 5)
    .flatMap((layout) => {
      const { K, tiles } = layout;
      const inside: Edges = { ...edges, tiles: withRows(edges.tiles, tiles.R) };
      const one = { FORMAT: "bf16", kind: "random", blockCount: K / 32, width: K - 5 } as const;
      const part = (q: number, kv: number) => [1, q + 2 * kv - 1] as const;
      return [{}, { part }].map((choice) =>
        inRows(decodeQkvCase(inside, one, { BIAS: false, APART: false, ...choice }), layout, "qkv", 2),
      );
    });
}

export const decodeRowsCases = (edges: Edges): KernelCase[] => [
  ...casesOf(edges, "qkv", PRODUCTS.qkv),
  ...narrowCases(edges),
  ...casesOf(edges, "gateUp", PRODUCTS.gateUp),
  ...casesOf(edges, "add", PRODUCTS.add),
  ...casesOf(edges, "logits", PRODUCTS.logits),
];

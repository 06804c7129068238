import { type Format, INTEGER_FORMATS } from "../../../runtime/kernels/formats/table.js";
import { KINDS } from "../activations.js";
import type { Edges, KernelCase, Setting } from "../case.js";
import { wholeBlocks } from "../kept.js";
import { decodeLogitsCase } from "./decode-logits.js";
import { decodeAddCase, decodeGateUpCase, decodeQkvCase } from "./decode-project.js";
import { withRows } from "./decode-rows.js";
import type { Projection } from "./projections.js";

/*
 * Products of decode steps in integers. They compute what the products in blocks compute, so their cases are those of the other kernels, launched
 * another way. Whole numbers have no more than 16 bits, so they are exact; others are rounded to 15 bits of the greatest of 32.
 */

const ROUNDED = 5e-4;

/** Rows of a program, of few and of those that models have. */
const ROWS = [16, 64];

/** A case of a product in blocks, of tiles with R rows each, launched in integers. */
function inIntegers(base: KernelCase, { blockCount }: Projection, R: number): KernelCase {
  const inside = (setting: Setting): Setting => ({ ...setting, tiles: withRows(setting.tiles, R) });
  const rounded = <Buffer extends { readonly tolerance?: number }>(buffers: Readonly<Record<string, Buffer>>) =>
    Object.fromEntries(
      Object.entries(buffers).map(([name, buffer]) => [
        name,
        { ...buffer, ...(buffer.tolerance && { tolerance: Math.max(buffer.tolerance, ROUNDED) }) },
      ]),
    );
  return {
    kernel: `${base.kernel}Integers`,
    title: `${R} rows, ${base.title}`,
    constants(setting) {
      const { B: _blocks, ONE: _whole, ...choices } = base.constants(setting);
      return { ...choices, R, BLOCKS: blockCount };
    },
    // Rows are as many as was said, on every device.
    grid: (setting) => base.grid({ ...inside(setting), set: "cpu" }),
    prepare() {
      const { own, buffers, args } = base.prepare();
      return {
        buffers: rounded(buffers),
        ...(own && { own: (setting) => rounded(own(inside(setting))) }),
        args(placed) {
          const { blockCount: _count, ...given } = args(placed);
          return given;
        },
      };
    },
  };
}

/** Blocks of a row, of each format's whole ones: of which a mean square of whole numbers is exact, and more. */
const projectionsOf = (formats: Iterable<Format>): Projection[] =>
  [...formats].flatMap((FORMAT) =>
    KINDS.flatMap((kind) =>
      wholeBlocks(FORMAT, kind === "whole" ? [1, 4] : [1, 5]).map((blockCount) => ({ FORMAT, kind, blockCount })),
    ),
  );

export function decodeIntegersCases(edges: Edges): KernelCase[] {
  const narrow: Projection = { FORMAT: "q4_1", kind: "random", blockCount: 2, width: 51 };
  return ROWS.flatMap((R) => {
    const inside: Edges = { ...edges, tiles: withRows(edges.tiles, R) };
    const qkv = (one: Projection, choices: Parameters<typeof decodeQkvCase>[2]) => decodeQkvCase(inside, one, choices);
    const plain = projectionsOf(INTEGER_FORMATS);
    const [all, some] = [R === 16 ? plain : projectionsOf(["q4_1"]), projectionsOf(["q4_0"])];
    const cases = [
      ...[...all, narrow].map((one) => [one, qkv(one, { BIAS: false, APART: false })] as const),
      ...some.map((one) => [one, qkv(one, { BIAS: true, APART: true })] as const),
      ...some.map(
        (one) => [one, qkv(one, { BIAS: true, APART: false, part: (q, kv) => [1, q + 2 * kv - 1] })] as const,
      ),
      ...all.map((one) => [one, decodeGateUpCase(inside, one, { BIAS: false, ACT: "silu" })] as const),
      ...some.map((one) => [one, decodeGateUpCase(inside, one, { BIAS: true, ACT: "gelu" })] as const),
      ...all.map((one) => [one, decodeAddCase(inside, one, { BIAS: false, ADD: true })] as const),
      ...some.map((one) => [one, decodeAddCase(inside, one, { BIAS: true, ADD: false })] as const),
      ...all.map((one) => [one, decodeLogitsCase(inside, one, { programs: 1 })] as const),
      ...some.map((one) => [one, decodeLogitsCase(inside, one, { programs: 3, BIAS: true, padding: 21 })] as const),
    ];
    return cases.map(([one, base]) => inIntegers(base, one, R));
  });
}

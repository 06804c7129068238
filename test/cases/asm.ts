/** What the kernels of asm.kernel.ts give. */

import { fromBits, toBits } from "../../runtime/index.js";
import type { Corner } from "./corners.js";

const WORDS = Array.from({ length: 32 }, (_, i) => Number((BigInt(i + 1) * 0x9e3779b97f4a7c15n) & 0xffffffffn));
const HALVES = WORDS.map((word) => (word % 2048) / 64);
const BYTES = WORDS.map((word) => word % 64);
const half = (value: number): number => fromBits("f16", toBits("f16", [value]))[0]!;
const product = (i: number): bigint => BigInt(WORDS[i]!) * BigInt(i + 0x40000000);

export const ASM: readonly Corner[] = [
  {
    title: "PTX, and what it means",
    kernel: "assembled",
    args: {
      w: { dtype: "u32", numbers: WORDS },
      h: { dtype: "f16", numbers: HALVES },
      b: { dtype: "u8", numbers: BYTES },
    },
    constants: { BY: 7 },
    want: [
      ...WORDS.map((word) => ((word << 7) | (word >>> 25)) >>> 0),
      ...HALVES.map((value) => half(value + half(value * 0.5))),
      ...BYTES.map((byte, i) => byte | i),
      ...WORDS.map((_, i) => Number(product(i) & 0xffffffffn)),
      ...WORDS.map((_, i) => Number(product(i) >> 32n)),
    ],
    large: true,
  },
];

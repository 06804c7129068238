import { cdiv, Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as kernels from "./block-scaled-matmul.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

const [M, N, K] = [100, 72, 320] as const;
const BLOCKS = { BM: 64, BN: 64, BK: 128 };
const E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

type Format = "e4m3" | "e2m1";

/** A random matrix of `rows` lines of K elements: its bytes, its scales from 2⁻⁴ to 2⁴, and what both mean. */
function scaled(format: Format, rows: number, seed: number) {
  const numbers = randoms(rows * K, seed);
  const scales = Uint8Array.from(randoms((rows * K) / 32, seed + 1), (one) => 127 + Math.round(4 * one));
  const e4m3 = toBits("f8e4m3", numbers);
  /** A sign and the place of the magnitude. */
  const codes = Uint8Array.from(numbers, (one) => (one < 0 ? 8 : 0) + Math.floor(Math.abs(one) * 7.99));
  const e2m1 = Uint8Array.from({ length: codes.length / 2 }, (_, at) => codes[2 * at]! + 16 * codes[2 * at + 1]!);
  const decoded = fromBits("f8e4m3", e4m3);
  const element = (at: number): number =>
    format === "e4m3" ? (decoded[at] as number) : (codes[at]! & 8 ? -1 : 1) * E2M1[codes[at]! & 7]!;
  const values = Float64Array.from(numbers, (_, at) => element(at) * 2 ** (scales[Math.floor(at / 32)]! - 127));
  return { bytes: format === "e4m3" ? e4m3 : e2m1, scales, values };
}

/** mxfp8, mxfp4, and one of each, of sizes that blocks do not divide. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { blockScaledMatmul } = await device.load(kernels);
  const c = device.alloc(4 * M * N);
  const formats: readonly (readonly [Format, Format])[] = [
    ["e4m3", "e4m3"],
    ["e4m3", "e2m1"],
    ["e2m1", "e2m1"],
  ];
  for (const [A, B] of formats) {
    const [x, y] = [scaled(A, M, 50), scaled(B, N, 52)];
    const [a, aScale] = [await upload(device, x.bytes), await upload(device, x.scales)];
    const [b, bScale] = [await upload(device, y.bytes), await upload(device, y.scales)];
    const grid = [cdiv(M, BLOCKS.BM), cdiv(N, BLOCKS.BN)] as const;
    blockScaledMatmul.launch(grid, { a, aScale, b, bScale, c, M, N, K, A, B, ...BLOCKS });
    const result = await download(c, new Float32Array(M * N));
    const error = worstError(result, (index) => {
      const [m, n] = [Math.floor(index / N), index % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += (x.values[m * K + k] as number) * (y.values[n * K + k] as number);
      return sum;
    });
    report(`block-scaled-matmul: ${A} · ${B}, ${M} × ${N} × ${K} on ${device.name}`, error, 1e-5);
  }
}

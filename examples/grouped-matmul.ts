import { Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as kernels from "./grouped-matmul.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

/** M, N and K of each product. */
const SIZES = [
  [128, 96, 64],
  [70, 160, 48],
  [1, 64, 208],
  [200, 16, 16],
] as const;

/** Four products, one of a single row, by five programs. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { groupedMatmul } = await device.load(kernels);
  const ends: [number, number, number] = [0, 0, 0];
  const starts = SIZES.map(([M, N, K]) => {
    const here = [...ends] as const;
    for (const [at, count] of [M * K, K * N, M * N].entries()) ends[at]! += count;
    return here;
  });
  const bits = [toBits("f16", randoms(ends[0], 28)), toBits("f16", randoms(ends[1], 29))] as const;
  const [x, y] = bits.map((all) => fromBits("f16", all)) as [Float32Array, Float32Array];
  const cs = device.alloc(2 * ends[2]);
  groupedMatmul.launch([5], {
    as: await upload(device, bits[0]),
    bs: await upload(device, bits[1]),
    cs,
    starts: await upload(device, BigInt64Array.from(starts.flat().map(BigInt))),
    sizes: await upload(device, Int32Array.from(SIZES.flat())),
    groups: SIZES.length,
    BM: 64,
    BN: 64,
    BK: 32,
  });
  const expected = SIZES.flatMap(([M, N, K], group) => {
    const [a, b] = starts[group] as readonly [number, number, number];
    return Array.from({ length: M * N }, (_, index) => {
      const [row, column] = [Math.floor(index / N), index % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += (x[a + row * K + k] as number) * (y[b + k * N + column] as number);
      return sum;
    });
  });
  const result = fromBits("f16", await download(cs, new Uint16Array(ends[2])));
  const error = worstError(result, (index) => expected[index] as number);
  report(`grouped-matmul: ${SIZES.length} products on ${device.name}`, error, 1e-3);
}

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
  const groups = await Promise.all(
    SIZES.map(async ([M, N, K], group) => {
      const bits = [toBits("f16", randoms(M * K, 28 + group)), toBits("f16", randoms(K * N, 38 + group))] as const;
      const [x, y] = bits.map((all) => fromBits("f16", all)) as [Float32Array, Float32Array];
      const [a, b] = await Promise.all(bits.map((all) => upload(device, all)));
      return { x, y, a, b, c: device.alloc(2 * M * N) };
    }),
  );
  groupedMatmul.launch([5], {
    matrices: await upload(
      device,
      BigInt64Array.from(groups.flatMap(({ a, b, c }) => [a!.address, b!.address, c.address])),
    ),
    sizes: await upload(device, Int32Array.from(SIZES.flat())),
    groups: SIZES.length,
    BM: 64,
    BN: 64,
    BK: 32,
  });
  const expected = SIZES.flatMap(([M, N, K], group) => {
    const { x, y } = groups[group]!;
    return Array.from({ length: M * N }, (_, index) => {
      const [row, column] = [Math.floor(index / N), index % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[row * K + k]! * y[k * N + column]!;
      return sum;
    });
  });
  const results = await Promise.all(
    SIZES.map(async ([M, N], group) => fromBits("f16", await download(groups[group]!.c, new Uint16Array(M * N)))),
  );
  const result = Float32Array.from(results.flatMap((one) => [...one]));
  const error = worstError(result, (index) => expected[index] as number);
  report(`grouped-matmul: ${SIZES.length} products on ${device.name}`, error, 1e-3);
}

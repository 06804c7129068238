import { Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import { randoms, report, worstError } from "./numbers.js";
import * as kernels from "./persistent-matmul.kernel.js";

const BLOCKS = { BM: 128, BN: 256, BK: 64, GROUP: 8 };

/** Three programs make all tiles, of sizes that no block divides: through pointers, and through descriptors. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { persistentMatmul, persistentMatmulTma } = await device.load(kernels);
  const [M, N, K] = [400, 520, 72];
  const bits = [toBits("f16", randoms(M * K, 26)), toBits("f16", randoms(N * K, 27))] as const;
  const [x, y] = bits.map((all) => fromBits("f16", all)) as [Float32Array, Float32Array];
  const [a, b] = [await upload(device, bits[0]), await upload(device, bits[1])];
  const expected = (index: number): number => {
    const [row, column] = [Math.floor(index / N), index % N];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += (x[row * K + k] as number) * (y[column * K + k] as number);
    return sum;
  };
  const matrix = <B>(buffer: B, rows: number, columns: number) => ({
    buffer,
    shape: [rows, columns],
    strides: [columns, 1],
  });
  const sizes = { M, N, K, ...BLOCKS };
  // Of no numbers, so that what nobody writes shows.
  const nothing = new Uint16Array(M * N).fill(0x7e00);
  const [plain, tma] = [await upload(device, nothing), await upload(device, nothing)];
  persistentMatmul.launch([3], { a, b, c: plain, ...sizes });
  persistentMatmulTma.launch([3], { a: matrix(a, M, K), b: matrix(b, N, K), c: matrix(tma, M, N), ...sizes });
  for (const [how, c] of Object.entries({ pointers: plain, descriptors: tma })) {
    const result = fromBits("f16", await download(c, new Uint16Array(M * N)));
    report(`persistent-matmul: ${M} × ${K} × ${N}, ${how}, on ${device.name}`, worstError(result, expected), 1e-3);
  }
}

import { cdiv, Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as kernels from "./matmul.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

/**
 * A[M,K] · B[K,N] in bf16, for sizes that no block divides; then for whole numbers, where every sum is exact. The launch leaves the blocks to what
 * was measured for its shape, and its grid follows from them.
 */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { matmul } = await device.load(kernels);
  const [M, N, K] = [150, 200, 130];
  for (const [what, scale, limit] of [
    ["random numbers", (value: number) => value, 1e-6],
    ["whole numbers", (value: number) => Math.round(value * 8), 0],
  ] as const) {
    const aBits = toBits("bf16", randoms(M * K, 4).map(scale));
    const bBits = toBits("bf16", randoms(K * N, 5).map(scale));
    const a = await upload(device, aBits);
    const b = await upload(device, bBits);
    const c = device.alloc(4 * M * N);
    matmul.launch(({ BM, BN }) => [cdiv(M, BM), cdiv(N, BN)], { a, b, c, M, N, K });
    const result = await download(c, new Float32Array(M * N));
    const [x, y] = [fromBits("bf16", aBits), fromBits("bf16", bBits)];
    const expected = (index: number): number => {
      const [row, column] = [Math.floor(index / N), index % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += (x[row * K + k] as number) * (y[k * N + column] as number);
      return sum;
    };
    report(`matmul: ${M} × ${K} × ${N}, ${what}, on ${device.name}`, worstError(result, expected), limit);
  }
}

import { cdiv, Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import { randoms, report, worstError } from "./numbers.js";
import * as kernels from "./strided-matmul.kernel.js";

const BLOCKS = { BM: 128, BN: 256, BK: 64, GROUP: 8 };

/** Of a product with row-major matrices, and of one whose B is given transposed: its columns are then the contiguous ones. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { stridedMatmul } = await device.load(kernels);
  const [M, N, K] = [300, 272, 80];
  const bits = [toBits("f16", randoms(M * K, 24)), toBits("f16", randoms(K * N, 25))] as const;
  const [x, y] = bits.map((all) => fromBits("f16", all)) as [Float32Array, Float32Array];
  const [a, b] = [await upload(device, bits[0]), await upload(device, bits[1])];
  const c = device.alloc(2 * M * N);
  for (const [what, strideBK, strideBN, LEAKY] of [
    ["A · B", N, 1, false],
    ["the leaky ReLU of A · Bᵀ", 1, K, true],
  ] as const) {
    const strides = { strideAM: K, strideAK: 1, strideBK, strideBN, strideCM: N, strideCN: 1 };
    const tiles = cdiv(M, BLOCKS.BM) * cdiv(N, BLOCKS.BN);
    stridedMatmul.launch([tiles], { a, b, c, M, N, K, ...strides, ...BLOCKS, LEAKY });
    const result = fromBits("f16", await download(c, new Uint16Array(M * N)));
    const expected = (index: number): number => {
      const [row, column] = [Math.floor(index / N), index % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += (x[row * K + k] as number) * (y[k * strideBK + column * strideBN] as number);
      return LEAKY && sum < 0 ? 0.01 * sum : sum;
    };
    report(`strided-matmul: ${what}, ${M} × ${K} × ${N}, on ${device.name}`, worstError(result, expected), 1e-3);
  }
}

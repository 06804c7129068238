import { cdiv, Device, download, upload } from "tilescript/runtime";
import * as kernels from "./dropout.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

const high = (a: number, b: number): number => Number((BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n) | 0;

/** The number from 0 to 1 that belongs to a seed of 32 bits and a place (Philox, Salmon et al. 2011). */
function drawn(seed: number, place: number): number {
  let [a, b, c, d] = [place, 0, 0, 0];
  let [k0, k1] = [seed, seed >> 31];
  for (let round = 0; round < 10; round++) {
    [a, b, c, d] = [
      high(0xcd9e8d57, c) ^ b ^ k0,
      Math.imul(0xcd9e8d57, c),
      high(0xd2511f53, a) ^ d ^ k1,
      Math.imul(0xd2511f53, a),
    ];
    [k0, k1] = [(k0 + 0x9e3779b9) | 0, (k1 + 0xbb67ae85) | 0];
  }
  return (a < 0 ? ~a : a) * 4.6566127342e-10;
}

/** Dropout with two seeds: each seed has elements of its own that go. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { dropout } = await device.load(kernels);
  const [n, rate] = [10_007, 0.5];
  const values = randoms(n, 15);
  const x = await upload(device, values);
  const out = device.alloc(4 * n);
  for (const seed of [123, -512]) {
    dropout.launch([cdiv(n, 1024)], { x, out, n, rate, seed, BLOCK: 1024 });
    const result = await download(out, new Float32Array(n));
    const error = worstError(result, (i) => (drawn(seed, i) > rate ? (values[i] as number) / (1 - rate) : 0));
    const gone = result.filter((value) => value === 0).length;
    report(`dropout: seed ${seed}, ${gone} of ${n} elements gone, on ${device.name}`, error, 2e-7);
  }
}

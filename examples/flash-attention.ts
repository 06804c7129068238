import { cdiv, Device, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as kernels from "./flash-attention.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

const [HEADS, TOKENS, D] = [2, 200, 64] as const;
const BLOCKS = { BM: 64, BN: 64, D };
const SCALE = 1 / Math.sqrt(D);

/** One row of softmax(q · kᵀ · scale) · v over the keys that query `token` of `head` may see. */
function referenceRow(q: Float32Array, k: Float32Array, v: Float32Array, head: number, token: number): Float64Array {
  const row = (of: Float32Array, index: number) =>
    of.subarray((head * TOKENS + index) * D, (head * TOKENS + index + 1) * D);
  const query = row(q, token);
  const scores = Array.from(
    { length: token + 1 },
    (_, key) => row(k, key).reduce((sum, value, i) => sum + value * (query[i] as number), 0) * SCALE,
  );
  const top = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((a, b) => a + b);
  const out = new Float64Array(D);
  for (const [key, weight] of weights.entries())
    for (let i = 0; i < D; i++) out[i]! += (weight / total) * (row(v, key)[i] as number);
  return out;
}

/** Causal attention over a number of tokens that the block size does not divide. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { flashAttention } = await device.load(kernels);
  const bits = [10, 11, 12].map((seed) => toBits("bf16", randoms(HEADS * TOKENS * D, seed)));
  const [q, k, v] = await Promise.all(
    bits.map(async (data) => ({ buffer: await upload(device, data), shape: [HEADS * TOKENS, D], strides: [D, 1] })),
  );
  const out = device.alloc(4 * HEADS * TOKENS * D);
  const scale = SCALE * Math.LOG2E;
  flashAttention.launch([cdiv(TOKENS, BLOCKS.BM), HEADS], {
    q: q!,
    k: k!,
    v: v!,
    out,
    tokens: TOKENS,
    scale,
    ...BLOCKS,
  });
  const result = await download(out, new Float32Array(HEADS * TOKENS * D));
  const [x, y, z] = bits.map((data) => fromBits("bf16", data));
  const rows = Array.from({ length: HEADS * TOKENS }, (_, at) =>
    referenceRow(x!, y!, z!, Math.floor(at / TOKENS), at % TOKENS),
  );
  const error = worstError(result, (index) => rows[Math.floor(index / D)]![index % D] as number);
  report(`flash-attention: ${HEADS} heads, ${TOKENS} tokens on ${device.name}`, error, 1e-2);
}

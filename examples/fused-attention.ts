import { cdiv, Device, type DeviceBuffer, download, fromBits, toBits, upload } from "tilescript/runtime";
import * as kernels from "./fused-attention.kernel.js";
import { randoms, report, worstError } from "./numbers.js";

const HEADS = 2;
/** Blocks divide neither. */
const CASES = [
  { tokens: 200, D: 64, CAUSAL: true },
  { tokens: 200, D: 64, CAUSAL: false },
  { tokens: 70, D: 128, CAUSAL: true },
  { tokens: 70, D: 128, CAUSAL: false },
];

interface Size {
  readonly tokens: number;
  readonly D: number;
  readonly CAUSAL: boolean;
}

/** What attention and its gradients are in float64, of tensors as [heads · tokens, D]. */
function reference({ tokens, D, CAUSAL }: Size, [q, k, v, dOut]: readonly Float32Array[]) {
  const empty = () => new Float64Array(HEADS * tokens * D);
  const result = { out: empty(), dq: empty(), dk: empty(), dv: empty() };
  const product = (a: ArrayLike<number>, at: number, b: ArrayLike<number>, bt: number): number => {
    let sum = 0;
    for (let i = 0; i < D; i++) sum += (a[at + i] as number) * (b[bt + i] as number);
    return sum;
  };
  const add = (to: Float64Array, at: number, factor: number, from: ArrayLike<number>, ft: number): void => {
    for (let i = 0; i < D; i++) to[at + i]! += factor * (from[ft + i] as number);
  };
  for (let query = 0; query < HEADS * tokens; query++) {
    const [first, at] = [Math.floor(query / tokens) * tokens, query * D];
    const keys = Array.from({ length: CAUSAL ? query - first + 1 : tokens }, (_, key) => (first + key) * D);
    const scores = keys.map((key) => product(q!, at, k!, key) / Math.sqrt(D));
    const top = Math.max(...scores);
    const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
    const parts = scores.map((score) => Math.exp(score - top) / total);
    for (const [index, key] of keys.entries()) add(result.out, at, parts[index]!, v!, key);
    const delta = product(result.out, at, dOut!, at);
    for (const [index, key] of keys.entries()) {
      const dScore = (parts[index]! * (product(dOut!, at, v!, key) - delta)) / Math.sqrt(D);
      add(result.dv, key, parts[index]!, dOut!, at);
      add(result.dq, at, dScore, k!, key);
      add(result.dk, key, dScore, q!, at);
    }
  }
  return result;
}

/** [heads · tokens, D] as [heads · D, tokens], each row at a multiple of 16 bytes, as Hopper's copy engine needs it. */
function transposed(values: Uint8Array, { tokens, D }: Size) {
  const width = cdiv(tokens, 16) * 16;
  const rows = new Uint8Array(HEADS * D * width);
  for (const [at, value] of values.entries()) {
    const [head, token, i] = [Math.floor(at / D / tokens), Math.floor(at / D) % tokens, at % D];
    rows[(head * D + i) * width + token] = value;
  }
  return { rows, shape: [HEADS * D, tokens], strides: [width, 1] };
}

/** Forward in bf16 and in f8e5m2, and backward, of any number of tokens. */
export async function main(): Promise<void> {
  using device = await Device.open();
  const { attention, attentionFp8, attentionDelta, attentionKeyGradients, attentionQueryGradients } =
    await device.load(kernels);
  for (const size of CASES) {
    const { tokens, D, CAUSAL } = size;
    const rows = HEADS * tokens;
    const scale = Math.LOG2E / Math.sqrt(D);
    const values = [40, 41, 42, 43].map((seed) => randoms(rows * D, seed));
    const put = async (data: Uint8Array | Uint16Array, shape = [rows, D], strides = [D, 1]) => ({
      buffer: await upload(device, data),
      shape,
      strides,
    });
    const fetch = async (buffer: DeviceBuffer) => fromBits("bf16", await download(buffer, new Uint16Array(rows * D)));
    const say = (what: string, results: Float32Array, right: Float64Array, limit: number): void =>
      report(
        `fused-attention: ${CAUSAL ? "causal" : "full"}, ${tokens} tokens, heads of ${D}, ${what} on ${device.name}`,
        worstError(results, (index) => right[index] as number),
        limit,
      );

    const fresh = () => device.alloc(2 * rows * D);
    const [out, dq, dk, dv] = [fresh(), fresh(), fresh(), fresh()];
    const [lse, delta] = [device.alloc(4 * rows), device.alloc(4 * rows)];
    const [q, k, v, dOut] = await Promise.all(values.map((one) => put(toBits("bf16", one))));
    const shared = { lse, tokens, scale, D, CAUSAL };
    const whole = { BM: 64, BN: 64 };
    attention.launch([cdiv(tokens, 64), HEADS], { q: q!, k: k!, v: v!, out, ...shared, ...whole });
    attentionDelta.launch([cdiv(rows, 64)], { out, dOut: dOut!.buffer, delta, rows, BM: 64, D });
    const gradients = { q: q!, k: k!, v: v!, dOut: dOut!, delta, ...shared };
    attentionKeyGradients.launch([cdiv(tokens, 64), HEADS], { ...gradients, dk, dv, BM: 32, BN: 64 });
    attentionQueryGradients.launch([cdiv(tokens, 64), HEADS], { ...gradients, dq, BM: 64, BN: 32 });

    const exact = reference(
      size,
      values.map((one) => fromBits("bf16", toBits("bf16", one))),
    );
    for (const [name, buffer] of Object.entries({ out, dq, dk, dv }))
      say(name, await fetch(buffer), exact[name as keyof typeof exact], 2e-2);

    const bytes = values.map((one) => toBits("f8e5m2", one));
    const [q8, k8] = [await put(bytes[0]!), await put(bytes[1]!)];
    const turned = transposed(bytes[2]!, size);
    const v8 = await put(turned.rows, turned.shape, turned.strides);
    attentionFp8.launch([cdiv(tokens, 64), HEADS], { q: q8, k: k8, v: v8, out, ...shared, ...whole });
    say(
      "out in f8e5m2",
      await fetch(out),
      reference(
        size,
        bytes.map((one) => fromBits("f8e5m2", one)),
      ).out,
      1e-1,
    );
  }
}

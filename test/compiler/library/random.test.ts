import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFrontend } from "../../../compiler/frontend/index.js";
import type { Build } from "../../../compiler/ir/index.js";
import { inferTypes } from "../../../compiler/passes/index.js";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { interpret, runInTriton } from "../../reference/triton-interpreter.js";
import { run } from "../backends/wasm/run.js";

const { drafts, diagnostics } = createFrontend().lower(["library.kernel.ts"], {
  root: fileURLToPath(new URL("../../cases", import.meta.url)),
});
const draftOf = (name: string) => drafts.find((draft) => draft.name === name)!;

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device?.close());

it("its kernels have no problems", () => expect(diagnostics).toEqual([]));

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const OFFSETS = [0, 1, 2, 3, 63, 64, 1000, 65535, 65536, 2 ** 31 - 1, -1, -2, -(2 ** 31), 12345678, 7, -7];
const SEEDS = [0n, 1n, 42n, -1n, 2n ** 40n + 17n, -(2n ** 63n)];

/** Triton's own functions, on the same numbers. */
const TRITON = `
import triton
import triton.language as tl

@triton.jit
def words_of(seed, at, words, ROUNDS: tl.constexpr):
    lane = tl.arange(0, 16)
    a, b, c, d = tl.randint4x(seed, at, ROUNDS)
    tl.store(words + lane, a)
    tl.store(words + 16 + lane, b)
    tl.store(words + 32 + lane, c)
    tl.store(words + 48 + lane, d)
    tl.store(words + 64 + lane, tl.randint(seed, at, ROUNDS))

@triton.jit
def of_i32(seed, at, words, out, ROUNDS: tl.constexpr):
    lane = tl.arange(0, 16)
    at = tl.load(at + lane)
    words_of(seed, at, words, ROUNDS)
    u, v, w, x = tl.rand4x(seed, at, ROUNDS)
    k, l, m, n = tl.randn4x(seed, at, ROUNDS)
    tl.store(out + lane, tl.rand(seed, at, ROUNDS))
    tl.store(out + 16 + lane, u)
    tl.store(out + 32 + lane, v)
    tl.store(out + 48 + lane, w)
    tl.store(out + 64 + lane, x)
    tl.store(out + 80 + lane, tl.randn(seed, at, ROUNDS))
    tl.store(out + 96 + lane, k)
    tl.store(out + 112 + lane, l)
    tl.store(out + 128 + lane, m)
    tl.store(out + 144 + lane, n)

@triton.jit
def of_longs(seed, c, words, ROUNDS: tl.constexpr):
    lane = tl.arange(0, 4)
    zero = tl.full((), 0, tl.int64)
    of = tl.philox(seed, tl.load(c + lane), tl.load(c + 4), tl.load(c + 5), zero, ROUNDS)
    for i in tl.static_range(4):
        tl.store(words + i * 8 + lane, of[i].to(tl.uint32))
        tl.store(words + i * 8 + 4 + lane, (of[i] >> 32).to(tl.uint32))

@triton.jit
def of_others(seed, unsigned, at, small, words):
    lane = tl.arange(0, 16)
    tl.store(words + lane, tl.randint(seed, tl.load(at + lane)))
    tl.store(words + 16 + lane, tl.randint(unsigned, tl.load(small + lane)))
    tl.store(words + 32 + lane, tl.randint(-2, lane))
    tl.store(words + 48, tl.randint(seed, tl.load(at)))
`;

/** Bits of f32, as numbers: equal ones are the same floats. */
const bitsOf = (floats: Float32Array): number[] => [...new Uint32Array(floats.buffer)];

describe.each(SEEDS.flatMap((seed) => [10, 7].map((ROUNDS) => ({ seed, ROUNDS }))))(
  "seed $seed, $ROUNDS rounds",
  ({ seed, ROUNDS }) => {
    const theirs = { words: new Uint32Array(80), out: new Float32Array(160) };
    beforeAll(async () => {
      const signature = { seed: "i64", at: "*i32", words: "*u32", out: "*fp32", ROUNDS: "constexpr" } as const;
      const args = { seed, at: Int32Array.from(OFFSETS), ...theirs };
      await runInTriton({ source: TRITON, kernel: "of_i32", signature, args, constants: { ROUNDS }, grid: [1] });
    }, 120_000);

    it("gives Triton's numbers in Triton's interpreter", { timeout: 120_000 }, async () => {
      const { kernel } = inferTypes(draftOf("randomOfI32"));
      const ours = { words: new Uint32Array(80), out: new Float32Array(160) };
      const build = { constants: { ROUNDS }, dtypes: {} } as Partial<Build> as Build;
      await interpret(kernel, build, { seed, at: Int32Array.from(OFFSETS), ...ours }, [1]);
      expect([...ours.words]).toEqual([...theirs.words]);
      expect(bitsOf(ours.out)).toEqual(bitsOf(theirs.out));
    });

    it("gives Triton's numbers on the CPU executor, normal ones to some units of the last place", async () => {
      const { words, out } = await run(device, draftOf("randomOfI32"), {
        seed,
        at: { dtype: "i32", data: OFFSETS },
        words: { dtype: "u32", data: zeros(80) },
        out: { dtype: "f32", data: zeros(160) },
        ROUNDS,
      });
      expect(words).toEqual([...theirs.words]);
      expect(out!.slice(0, 80)).toEqual([...theirs.out.slice(0, 80)]);
      const far = out!.slice(80).filter((value, at) => !(Math.abs(value - theirs.out[80 + at]!) < 2e-6));
      expect(far).toEqual([]);
    });
  },
);

it("takes offsets and seeds of other dtypes as Triton does", { timeout: 120_000 }, async () => {
  const at = OFFSETS.map((offset, i) => BigInt(offset) * (i % 2 === 0 ? 1n : 2n ** 33n));
  const small = OFFSETS.map((offset) => (offset << 16) >> 16);
  const theirs = new Uint32Array(49);
  const signature = { seed: "i32", unsigned: "u32", at: "*i64", small: "*i16", words: "*u32" } as const;
  const args = {
    seed: -5,
    unsigned: 4294967291,
    at: BigInt64Array.from(at),
    small: Int16Array.from(small),
    words: theirs,
  };
  await runInTriton({ source: TRITON, kernel: "of_others", signature, args, grid: [1] });
  const { words } = await run(device, draftOf("randomOfOthers"), {
    seed: -5,
    unsigned: 4294967291,
    at: { dtype: "i64", data: at.map(Number) },
    small: { dtype: "i16", data: small },
    words: { dtype: "u32", data: zeros(49) },
  });
  expect(words).toEqual([...theirs]);
});

/** From kat_vectors of Random123: philox4x32 of 10 rounds. The key's lower word comes first. */
it.each([
  [[0, 0, 0, 0], 0n, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], -1n, [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    0x299f31d0a4093822n,
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
] as const)("philox of %j is that of its authors", async (counter, seed, want) => {
  const { words } = await run(device, draftOf("philoxOfRows"), {
    seed,
    c: { dtype: "u32", data: counter },
    words: { dtype: "u32", data: zeros(20) },
  });
  expect(words!.slice(0, 4)).toEqual(want);
  expect(new Set(words!.slice(4)).size).toBe(16);
});

/** Of nothing, from kat_vectors of Random123: philox4x64 of 10 rounds. */
const OF_NOTHING = [0x16554d9eca36314cn, 0xdb20fe9d672d0fdcn, 0xd7e772cee186176bn, 0x7e68b68aec7ba23bn];

it.each([
  [0n, 10],
  [-1n, 7],
  [2n ** 40n + 17n, 10],
])("philox of 64 bits with seed %d and %d rounds is Triton's", { timeout: 120_000 }, async (seed, ROUNDS) => {
  const counters = [0, -1, 2 ** 40 + 3, 7, seed === 0n ? 0 : 2 ** 33, seed === 0n ? 0 : -5];
  const theirs = new Uint32Array(32);
  const memory = () => ({ seed, c: BigInt64Array.from(counters.map(BigInt)) });
  const signature = { seed: "i64", c: "*i64", words: "*u32", ROUNDS: "constexpr" } as const;
  const args = { ...memory(), words: theirs };
  await runInTriton({ source: TRITON, kernel: "of_longs", signature, args, constants: { ROUNDS }, grid: [1] });
  const draft = draftOf("philoxOfLongs");
  const { words } = await run(device, draft, {
    seed,
    c: { dtype: "i64", data: counters },
    words: { dtype: "u32", data: zeros(32) },
    ROUNDS,
  });
  expect(words).toEqual([...theirs]);
  const inTriton = new Uint32Array(32);
  const build = { constants: { ROUNDS }, dtypes: {} } as Partial<Build> as Build;
  await interpret(inferTypes(draft).kernel, build, { ...memory(), words: inTriton }, [1]);
  expect([...inTriton]).toEqual([...theirs]);
  const first = [0, 1, 2, 3].map((i) => (BigInt(words![i * 8 + 4]!) << 32n) | BigInt(words![i * 8]!));
  if (seed === 0n) expect(first).toEqual(OF_NOTHING);
});

it("rand is uniform and randn normal, as far as 4,096 numbers show", async () => {
  const draft = draftOf("randomOfI32");
  const all: number[] = [];
  for (let block = 0; block < 64; block++) {
    const at = Array.from({ length: 16 }, (_, i) => block * 16 + i);
    const memory = { words: { dtype: "u32", data: zeros(80) }, out: { dtype: "f32", data: zeros(160) } } as const;
    const { out } = await run(device, draft, { seed: 3n, at: { dtype: "i32", data: at }, ...memory, ROUNDS: 10 });
    all.push(...out!);
  }
  const of = (rows: readonly number[]) =>
    rows.flatMap((from) => all.flatMap((_, at) => (at % 160 === 0 ? all.slice(at + from, at + from + 16) : [])));
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const uniform = of([16, 32, 48, 64]);
  const normal = of([96, 112, 128, 144]);
  expect(uniform.every((one) => one >= 0 && one < 1)).toBe(true);
  expect(mean(uniform)).toBeCloseTo(0.5, 1);
  expect(mean(uniform.map((one) => one * one))).toBeCloseTo(1 / 3, 1);
  expect(mean(normal)).toBeCloseTo(0, 1);
  expect(mean(normal.map((one) => one * one))).toBeCloseTo(1, 1);
});

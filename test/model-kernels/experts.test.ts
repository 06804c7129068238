/** Layers of experts on the CPU executor against float64: a chunk of a prompt, and a decode step. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../compiler/check.js";
import { download, upload } from "../../runtime/device/arrays.js";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import type { DeviceBuffer } from "../../runtime/device/device.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { TILES } from "../../runtime/kernels/tiles.js";
import type { ChunkBuffers } from "../../runtime/models/chunk-buffers.js";
import { ChunkPass } from "../../runtime/models/chunk-pass.js";
import { allocateExpertBuffers, manyRows, mostTiles } from "../../runtime/models/experts.js";
import type { ModelHost } from "../../runtime/models/host.js";
import { padded } from "../../runtime/models/sizes.js";
import { allocateRouting } from "../../runtime/models/state.js";
import { TokenPass } from "../../runtime/models/token-pass.js";
import { configOf, type MixtureShape, randomMixture, randomTokens, reference, uploadMixture } from "./mixture.js";

const folder = fileURLToPath(new URL("../../runtime/kernels/", import.meta.url));
const experts = readdirSync(`${folder}experts`).filter((name) => name.endsWith(".kernel.ts"));
const files = ["linear/norm.kernel.ts", ...experts.map((name) => `experts/${name}`)];

const usual: MixtureShape = {
  ...{ count: 8, used: 2, normalized: true, hidden: 64, feedForward: 32 },
  ...{ format: "bf16", routerFormat: "bf16", activation: "silu" },
};

/** Tokens are some that are few for the experts, and some that are many. */
const shapes: readonly (readonly [what: string, tokens: readonly number[], shape: MixtureShape])[] = [
  ["one of four, odd widths", [1, 2, 200], { ...usual, count: 4, used: 1, hidden: 50, feedForward: 41 }],
  ["two of eight", [1, 127, 200], usual],
  ["eight of 128 in q8_0", [1, 200], { ...usual, format: "q8_0", count: 128, used: 8 }],
  ["two of eight in q4_k", [1, 140], { ...usual, format: "q4_k", hidden: 256, feedForward: 256 }],
  ["seven of 60, not normalised", [1, 33], { ...usual, count: 60, used: 7, normalized: false }],
  [
    "three of 33, gelu, router in f32",
    [1, 65],
    { ...usual, count: 33, used: 3, routerFormat: "f32", activation: "gelu" },
  ],
  ["all of five", [1, 64], { ...usual, count: 5, used: 5 }],
  ["the only one", [1, 40], { ...usual, count: 1, used: 1, normalized: false }],
  ["all tokens to the last of eight", [1, 200], { ...usual, used: 1, favour: (e) => (e === 7 ? 50 : 0) }],
  ["none to the first and the third", [1, 200], { ...usual, favour: (e) => (e === 0 || e === 2 ? -50 : 0) }],
  ["equals", [1, 200], { ...usual, used: 3, tied: true }],
];

/** Parts of a result's root mean square: sums of f32 in another order, and activations of bf16. */
const F32 = 2e-5;
const BF16 = 1e-2;
/** Two experts whose logits are nearer than this may change places. */
const TIE = 1e-5;

const rms = (values: Float64Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);

/** The stable order of pairs by expert. */
const sorted = (chosen: Int32Array): number[] =>
  Array.from(chosen.keys()).sort((a, b) => chosen[a]! - chosen[b]! || a - b);

describe("experts", () => {
  let device: CpuDevice;
  let kernels: ModelKernels;
  beforeAll(async () => {
    const checked = check(files.map((name) => folder + name));
    expect(checked.diagnostics).toEqual([]);
    device = await CpuDevice.open({ threads: 2 });
    kernels = device.loadKernels(checked.kernels) as unknown as ModelKernels;
  });
  afterAll(() => device?.close());

  const hostOf = (shape: MixtureShape, more: object = {}) =>
    ({ device, kernels, config: configOf(shape), ...more }) as unknown as ModelHost;

  /** Runs the layer over all tokens as one chunk. */
  async function chunk(shape: MixtureShape, tokens: number, seed: number) {
    const mixture = randomMixture(shape, seed);
    const x = randomTokens(shape, tokens, seed + 1);
    const { layer, router } = await uploadMixture(device, mixture);
    const residual = await upload(device, x);
    const host = hostOf(shape);
    const experts = allocateExpertBuffers(device, host.config, host.config.experts!, tokens);
    for (const buffer of Object.values(experts)) device.fill(buffer as DeviceBuffer, 255);
    const normed = device.alloc(x.length * 2);
    const buffers = { tokens, residual, normed, experts } as unknown as ChunkBuffers;
    const pass = new ChunkPass(host, buffers, { past: 0, count: tokens, selects: false, last: true });
    pass.experts(layer, router);
    return { mixture, x, residual, experts, again: () => pass.experts(layer, router) };
  }

  /** What was chosen for a token agrees with the reference, which it may leave where two experts are as good as equal. */
  function expectChoice(
    mixture: ReturnType<typeof randomMixture>,
    x: Float32Array,
    chosen: Int32Array,
    weights: Float32Array,
  ) {
    const wanted = reference(mixture, x);
    for (const [slot, expert] of wanted.chosen.entries()) {
      const off = Math.abs(wanted.logits[chosen[slot]!]! - wanted.logits[expert]!);
      if (mixture.shape.tied || off > TIE) expect([...chosen]).toEqual([...wanted.chosen]);
      expect(Math.abs(weights[slot]! - wanted.weights[slot]!)).toBeLessThan(1e-4);
    }
    expect(new Set(chosen).size).toBe(chosen.length);
    return wanted.result;
  }

  function expectResult(got: Float32Array, want: Float64Array, x: Float32Array, tolerance: number) {
    const size = rms(want.map((value, k) => value - x[k]!));
    const worst = Math.max(...want.map((value, k) => Math.abs(got[k]! - value)));
    // The residual itself is f32.
    expect(worst).toBeLessThan(tolerance * 4 * size + 1e-6);
  }

  describe.each(shapes)("%s", (_, counts, shape) => {
    const [width, { used }] = [padded(shape.hidden), shape];

    it.each(counts)("a chunk of %i", async (tokens) => {
      const { mixture, x, residual, experts } = await chunk(shape, tokens, tokens);
      const out = await download(residual, new Float32Array(x.length));
      const chosen = await download(experts.chosen, new Int32Array(tokens * used));
      const weights = await download(experts.weights, new Float32Array(tokens * used));
      for (let t = 0; t < tokens; t++) {
        const mine = x.subarray(t * width, (t + 1) * width);
        const slots = [t * used, (t + 1) * used] as const;
        const want = expectChoice(mixture, mine, chosen.subarray(...slots), weights.subarray(...slots));
        expectResult(out.subarray(t * width, (t + 1) * width), want, mine, BF16);
      }
      await expectTiles(shape, tokens, experts, chosen);
    });

    it("a step", async () => {
      const mixture = randomMixture(shape, 3);
      const { layer, router } = await uploadMixture(device, mixture);
      const x = randomTokens(shape, 1, 4);
      const residual = await upload(device, x);
      const activation = device.alloc(used * padded(shape.feedForward) * 4);
      device.fill(activation, 255);
      const routing = allocateRouting(device, configOf(shape).experts, 1);
      new TokenPass(hostOf(shape, { state: { residual, activation, routing } })).experts(layer, router);
      const chosen = await download(routing.chosen, new Int32Array(used));
      const want = expectChoice(mixture, x, chosen, await download(routing.weights, new Float32Array(used)));
      expectResult(await download(residual, new Float32Array(width)), want, x, F32);
    });
  });

  /** Pairs are in a stable order by expert, and cut into tiles of one expert each. */
  async function expectTiles(
    { count, used }: MixtureShape,
    tokens: number,
    buffers: {
      readonly order: DeviceBuffer;
      readonly starts: DeviceBuffer;
      readonly tileExpert: DeviceBuffer;
      readonly tileFirst: DeviceBuffer;
    },
    chosen: Int32Array,
  ) {
    const pairs = tokens * used;
    expect([...(await download(buffers.order, new Int32Array(pairs)))]).toEqual(sorted(chosen));
    const starts = Array.from({ length: count + 1 }, (_, e) => chosen.filter((other) => other < e).length);
    expect([...(await download(buffers.starts, new Int32Array(count + 1)))]).toEqual(starts);
    const { fewRows, manyRows: large } = TILES[device.traits.tiles];
    const { BM } = tokens < manyRows({ count, used, normalized: true }) ? fewRows : large;
    const tiles = mostTiles(pairs, { count, used, normalized: true }, BM);
    const wanted = Array.from({ length: count }, (_, e) => e).flatMap((e) =>
      Array.from(
        { length: Math.ceil((starts[e + 1]! - starts[e]!) / BM) },
        (_, i) => [e, starts[e]! + i * BM] as const,
      ),
    );
    expect(wanted.length).toBeLessThanOrEqual(tiles);
    const tileExpert = await download(buffers.tileExpert.view(0, tiles * 4), new Int32Array(tiles));
    const tileFirst = await download(buffers.tileFirst.view(0, tiles * 4), new Int32Array(tiles));
    expect([...tileExpert]).toEqual([...wanted.map(([e]) => e), ...Array(tiles - wanted.length).fill(-1)]);
    expect([...tileFirst.subarray(0, wanted.length)]).toEqual(wanted.map(([, first]) => first));
  }

  it("come out the same bit by bit when they run again", async () => {
    const { x, residual, again } = await chunk(usual, 150, 9);
    const first = await download(residual, new Float32Array(x.length));
    await device.write(residual, x);
    again();
    expect(await download(residual, new Float32Array(x.length))).toEqual(first);
  });

  it("that exist are chosen whatever the logits", async () => {
    const experts = 5;
    const rows = [
      [Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      [Number.NaN, 1, Infinity, -Infinity, 2],
    ];
    const logits = await upload(device, Float32Array.from(rows.flat()));
    const [chosen, weights] = [device.alloc(rows.length * 4 * 4), device.alloc(rows.length * 4 * 4)];
    kernels.chooseExperts.launch([rows.length], {
      ...{ logits, chosen, weights, experts, used: 4, EP: 8, UP: 4, NORMALIZED: true },
    });
    const got = await download(chosen, new Int32Array(rows.length * 4));
    expect(got.every((expert) => expert >= 0 && expert < experts)).toBe(true);
  });

  it.each([
    [1, 1, 1, 16, 1],
    [8, 128, 8, 16, 8],
    [1600, 128, 8, 16, 220],
    [16384, 8, 2, 64, 263],
  ])("%i pairs over %i make at most as many tiles as there may be", (pairs, count, used, BM, most) => {
    expect(mostTiles(pairs, { count, used, normalized: true }, BM)).toBe(most);
    // The worst spread: one pair to every expert but the last.
    const filled = Math.min(pairs, count);
    expect(most).toBeGreaterThanOrEqual(filled - 1 + Math.ceil((pairs - filled + 1) / BM));
  });
});

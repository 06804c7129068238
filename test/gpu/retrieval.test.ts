import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LoadedBundle } from "../../runtime/device/device.js";
import { Device } from "../../runtime/index.js";
import type { HalfType, Heads, KernelRunner } from "../../runtime/reattention/kernel-runner.js";
import { type LayerInput, runLayer } from "../runtime/reattention/layer.js";
import { normals, take } from "../runtime/reattention/reference.js";
import { expectedPicks, misleading, picksOf, type RetrievalCase } from "../runtime/reattention/retrieval-cases.js";
import { bundle, openBoth } from "./devices.js";
import { RETRIEVAL_SHAPES } from "./retrieval-shapes.js";

const SMOLLM = { heads: 9, kvHeads: 3, headSize: 64 };
const LLAMA = { heads: 32, kvHeads: 8, headSize: 128 };

const runnerOf = (device: Device, loaded: LoadedBundle): KernelRunner => ({
  device,
  memory: device,
  run: (name, grid, args) => loaded.kernel(name).launch(grid, args),
});

describe("picks are those of float64", () => {
  let device: Device;
  let models: KernelRunner;
  let shapes: KernelRunner;
  before(async () => {
    device = await Device.open({ prefer: "cuda" });
    models = runnerOf(device, await device.load(bundle("models")));
    shapes = runnerOf(device, await device.load(bundle("retrieval")));
  });
  after(() => device.close());

  async function check(runner: KernelRunner, one: RetrievalCase): Promise<void> {
    const wanted = expectedPicks(one);
    const { scan, stream } = await picksOf(runner, one);
    assert.deepEqual(stream, wanted);
    assert.deepEqual(scan, wanted);
  }

  const sizes = (heads: Heads & { dtype?: HalfType }): RetrievalCase[] => [
    { ...heads, queries: 1, length: 12345, topK: 4 },
    { ...heads, queries: 5, length: 4095, topK: 1 },
    { ...heads, queries: 4, length: 2049, topK: 32 },
    { ...heads, queries: 2, length: 3, topK: 4 },
  ];
  for (const heads of [SMOLLM, LLAMA, ...RETRIEVAL_SHAPES]) {
    const { headSize, dtype = "bf16" } = heads as Heads & { dtype?: HalfType };
    const group = heads.heads / heads.kvHeads;
    for (const one of sizes(heads))
      test(`D ${headSize}, ${group} heads for a KV head, ${dtype}: ${one.topK} of ${one.length}, ${one.queries} queries`, () =>
        check(heads === SMOLLM || heads === LLAMA ? models : shapes, one));
  }
  for (const [name, one] of misleading(SMOLLM)) test(`misleading: ${name}`, () => check(models, one));
  test("by block, as the released kernel picks", () =>
    check(models, { ...LLAMA, queries: 2, length: 5000, topK: 4, byBlock: true }));
});

describe("a layer on the GPU is the layer on the CPU executor", () => {
  let both: Awaited<ReturnType<typeof openBoth>>;
  before(async () => {
    both = await openBoth(bundle("models"));
  });
  after(() => both.close());

  const layer = (heads: Heads, queries: number, total: number): LayerInput => {
    const source = normals(total);
    const width = heads.kvHeads * heads.headSize;
    return {
      ...{ heads, queries, total, global: 5, local: 70, topK: 4, span: 8, clip: 60 },
      q: take(source, queries * heads.heads * heads.headSize),
      keys: take(source, total * width),
      values: take(source, total * width),
    };
  };
  for (const [title, heads, queries, total, way] of [
    ["a decode step of SmolLM2", SMOLLM, 1, 3001, "decode"],
    ["a decode step of Llama 3", LLAMA, 1, 1501, "decode"],
    ["a decode step without a middle", SMOLLM, 1, 60, "decode"],
    ["a chunk of SmolLM2", SMOLLM, 61, 2003, "prefill"],
    ["a chunk of Llama 3", LLAMA, 33, 1003, "prefill"],
    ["a chunk without a middle", SMOLLM, 33, 75, "prefill"],
  ] as const)
    test(title, async () => {
      const input = layer(heads, queries, total);
      const { out, ...choice } = await runLayer(runnerOf(both.gpu, both.onGpu), input, way);
      const { out: wanted, ...wantedChoice } = await runLayer(runnerOf(both.cpu, both.onCpu), input, way);
      assert.deepEqual(choice, wantedChoice);
      const worst = out.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0);
      assert.ok(worst < 0.03, `outputs differ by ${worst}`);
    });
});

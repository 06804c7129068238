/** Whole models whose decode steps pass over keys in 8 bits answer as those that read keys as they are. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { cacheShape } from "../../runtime/models/cache.js";
import { Model } from "../../runtime/models/model.js";
import { promptOf, writeTinyModels } from "./tiny-models.js";

const ATTENTION = "reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16";
const TOKENS = 12;
/** Gemma's layers see a window of their own, or retrieve. */
const FAMILIES = ["llama", "qwen2", "gemma3"];

const folder = mkdtempSync(join(tmpdir(), "quantized-keys-"));
const devices: CpuDevice[] = [];
async function open(quantizedFrom?: number): Promise<CpuDevice> {
  const device = await CpuDevice.open({ threads: 2 });
  devices.push(device);
  if (quantizedFrom !== undefined)
    Object.defineProperty(device, "traits", { value: { ...device.traits, quantizedFrom } });
  return device;
}

beforeAll(async () => {
  await writeTinyModels(FAMILIES.map((family) => ({ folder: join(folder, family), family })));
}, 60_000);
afterAll(() => {
  for (const device of devices) device.close();
  rmSync(folder, { recursive: true });
});

it.each(FAMILIES)("%s", { timeout: 120_000 }, async (family) => {
  const answers: number[][] = [];
  for (const device of [await open(), await open(1)]) {
    const path = join(folder, family, "model");
    await using model = await Model.load({ path, device, context: 256, attention: ATTENTION });
    const shape = cacheShape(device, model.config, model.attention, 256);
    expect(shape.some(({ codes }) => codes > 0)).toBe(devices.indexOf(device) % 2 === 1);
    const tokens: number[] = [];
    for await (const { token } of model.generateFrom(promptOf(150), { maxTokens: TOKENS })) tokens.push(token);
    answers.push(tokens);
  }
  expect(answers[0]!.length).toBeGreaterThan(1);
  expect(answers[1]).toEqual(answers[0]);
});

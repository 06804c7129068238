/** Codes of keys lie in tiles of many tokens: what is committed for a cache holds whole ones. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { TOGETHER } from "../../../runtime/kernels/reattention/tiles.js";
import { growCache, reserveCache, tokensHeld } from "../../../runtime/models/cache.js";
import { quantizedBytes } from "../../../runtime/reattention/retrieval.js";

let device: CpuDevice;
beforeAll(async () => {
  device = await CpuDevice.open({ threads: 1, store: null });
});
afterAll(() => device.close());

const [ROW, ODD] = [3 * 48 * 2, quantizedBytes({ heads: 3, kvHeads: 3, headSize: 48 })];

it.each([1, 10, TOGETHER, TOGETHER + 1, 700])("memory for %i tokens holds them, and their tiles", (tokens) => {
  const shape = [{ keys: ROW, values: ROW, ...ODD }];
  const caches = reserveCache(device, shape, 700);
  growCache(caches, shape, tokens);
  expect(tokensHeld(caches, shape)).toBeGreaterThanOrEqual(tokens);
  const tiles = Math.ceil(tokens / TOGETHER) * TOGETHER;
  const [{ codes, bounds }] = caches as [(typeof caches)[number]];
  expect(codes!.committed).toBeGreaterThanOrEqual(tiles * ODD.codes);
  expect(bounds!.committed).toBeGreaterThanOrEqual(tiles * ODD.bounds);
  growCache(caches, shape, 700);
  for (const buffer of Object.values(caches[0]!)) buffer.free();
});

it("a tile that is committed in part holds nothing", () => {
  const shape = [{ keys: ROW, values: ROW, ...ODD }];
  const caches = reserveCache(device, shape, 700);
  const [{ keys, values, codes, bounds }] = caches as [(typeof caches)[number]];
  for (const buffer of [keys, values, bounds!]) buffer.grow(buffer.capacity);
  codes!.grow(TOGETHER * ODD.codes + 1);
  expect(tokensHeld(caches, shape) % TOGETHER).toBe(0);
});

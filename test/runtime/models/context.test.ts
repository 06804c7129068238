/** How long a context is where the file states one beyond all memory, and where one is asked for. */

import { expect, it } from "vitest";
import type { Device } from "../../../runtime/device/device.js";
import { cacheBytesPerToken, cacheShape, longestCache } from "../../../runtime/models/cache.js";
import { contextFor } from "../../../runtime/models/context.js";
import { describeModel } from "../../../runtime/models/families/index.js";
import { rotaryBytesPerToken } from "../../../runtime/models/rotary.js";
import { readAttention } from "../../../runtime/reattention/attention-options.js";
import { openCheckpoint } from "../../../runtime/weights/index.js";
import { u32 } from "../weights/write-gguf.js";
import { tinyModels, writeGguf } from "./families/tiny-models.js";

const device = (free: number, quantizedFrom = Number.POSITIVE_INFINITY) =>
  ({
    name: "a device",
    traits: { tiles: "gpu", page: 0, longestContext: 2 ** 20, reach: "", quantizedFrom },
    memory: () => ({ free, total: free }),
  }) as unknown as Device;

function contextOf(stated: number, free: number, context?: number) {
  using checkpoint = openCheckpoint(writeGguf(tinyModels.llama!, { keys: { "llama.context_length": u32(stated) } }));
  const { config } = describeModel(checkpoint);
  const request = { context, attention: { kind: "dense" }, config, beyondTrained: false } as const;
  return { capacity: contextFor(request, device(free), checkpoint), config };
}

it("the file's own, where memory allows", () => {
  expect(contextOf(64, 2 ** 32).capacity).toBe(64);
});

it("what memory allows for keys, values and the angles of positions, where the file says more", () => {
  const { capacity, config } = contextOf(2 ** 30, 2 ** 32);
  const bytes =
    capacity *
    (cacheBytesPerToken(cacheShape(device(0), config, { kind: "dense" }, capacity)) + rotaryBytesPerToken(config));
  expect(bytes).toBeLessThan(2 ** 32);
  expect(bytes).toBeGreaterThan(2 ** 31);
});

it("no more positions than a table can have", () => {
  expect(contextOf(2 ** 30, 2 ** 44).capacity).toBe(2 ** 26);
  expect(() => contextOf(2 ** 30, 2 ** 44, 2 ** 30)).toThrow(
    /context is 1073741824, and dense attention knows 67108864 positions/,
  );
});

it("and no context that no model has", () => {
  expect(() => contextOf(2 ** 31, 2 ** 44)).toThrow(/a window of 2147483648 tokens is beyond any model/);
});

it("keys in 8 bits are kept where there is room for so many tokens that they pay", () => {
  using checkpoint = openCheckpoint(writeGguf(tinyModels.llama!));
  const { config } = describeModel(checkpoint);
  const attention = readAttention("reattention", 8192);
  const shapeOf = (capacity: number, quantizedFrom: number) =>
    cacheShape(device(0, quantizedFrom), config, attention, capacity);
  const width = config.kvHeads * config.headSize;
  const plain = cacheBytesPerToken(shapeOf(999, 1000 * width));
  const quantized = cacheBytesPerToken(shapeOf(1000, 1000 * width));
  expect(plain).toBe(config.layers * 4 * width);
  expect(quantized).toBe(config.layers * (5 * width + 4 * config.kvHeads));
  const longest = (tokens: number, from: number) =>
    longestCache(device((tokens * quantized) / 0.95, from * width), config, attention, 0);
  expect(longest(5001, 1000)).toBe(5001);
  // What would fit without them alone is no longer than what needs none.
  expect(longest(4999, 5000)).toBe(4999);
  expect(longest(100, 5000)).toBeGreaterThan(100);
});

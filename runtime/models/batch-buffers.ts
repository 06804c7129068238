import type { Allocator } from "../device/allocations.js";
import type { Device, DeviceBuffer } from "../device/device.js";
import { BATCH_SPLITS } from "../kernels/attention/tiles.js";
import type { ModelConfig } from "./config.js";
import { RING } from "./state.js";

/** What a step of up to `rows` sequences keeps on the device beside a chunk's buffers. A row is a sequence's. */
export interface BatchBuffers {
  readonly rows: number;
  /** i64 [rows]: the address of each sequence's record, 0 where there is none. */
  readonly records: DeviceBuffer;
  /** i64 [layers, 2, rows]: the addresses of each layer's keys, and of its values. */
  readonly caches: DeviceBuffer;
  /** i32 [rows]: the token that goes through the model, and its position. */
  readonly ids: DeviceBuffer;
  readonly positions: DeviceBuffer;
  /** f32 [rows, heads · D] */
  readonly q: DeviceBuffer;
  /** f32 [rows, heads, SPLITS, D], and [rows, heads, SPLITS] twice: what splits of keys leave; layers take turns with it. */
  readonly partial: DeviceBuffer;
  readonly peak: DeviceBuffer;
  readonly total: DeviceBuffer;
  /** f32 [rows, vocabulary] */
  readonly logits: DeviceBuffer;
  /** i32 [RING, rows]: the latest tokens. */
  readonly picked: DeviceBuffer;
}

export function allocateBatchBuffers(
  device: Device,
  memory: Allocator,
  { heads, headSize, layers, vocabulary }: ModelConfig,
  rows: number,
): BatchBuffers {
  const cells = rows * heads * BATCH_SPLITS[device.traits.tiles];
  const words = (elements: number) => memory.alloc(elements * 4);
  return {
    rows,
    records: words(2 * rows),
    caches: words(4 * layers * rows),
    ids: words(rows),
    positions: words(rows),
    q: words(rows * heads * headSize),
    partial: words(cells * headSize),
    peak: words(cells),
    total: words(cells),
    logits: words(rows * vocabulary),
    picked: words(RING * rows),
  };
}

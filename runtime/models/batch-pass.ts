import type { DeviceBuffer } from "../device/device.js";
import { BATCH_SPLITS, blockOfKeys, splitsOf } from "../kernels/attention/tiles.js";
import { TILES } from "../kernels/tiles.js";
import type { BatchBuffers } from "./batch-buffers.js";
import type { SharedHost } from "./host.js";
import { RowsPass } from "./rows-pass.js";
import { RING } from "./state.js";

/** A decode step of `rows` sequences with dense attention: products have a row for each, and each attends to its own cache. */
export class BatchPass extends RowsPass {
  protected readonly ids: DeviceBuffer;
  readonly #host: SharedHost;
  readonly #batch: BatchBuffers;
  readonly #rows: number;

  constructor(host: SharedHost, batch: BatchBuffers, rows: number) {
    super(host, host.buffers, rows);
    this.ids = batch.ids;
    this.#host = host;
    this.#batch = batch;
    this.#rows = rows;
  }

  /** tokens → embed → layers → logits. Capturable: all that varies is in the tables and in the sequences' records. */
  forward(): void {
    const { kernels } = this.#host;
    const { records, ids, positions } = this.#batch;
    kernels.batchTokens.launch([this.#rows], { records, ids, positions });
    this.through();
    this.norm(this.#host.weights.outputNorm);
    this.logits(this.#batch.logits, 0, this.#rows);
  }

  attend(index: number): void {
    const { kernels, config, device, capacity, buffers, rotaries } = this.#host;
    const { heads, kvHeads } = config;
    const { G, GM, D, DP, HALF, HALFP, HP, KVP, scale, cap, CAP, attention } = this.sizes;
    const { q, positions, partial, peak, total, rows: room } = this.#batch;
    const rows = this.#rows;
    const bytes = 2 * 8 * room;
    const caches = this.#batch.caches.view(index * bytes, bytes);
    kernels.batchAppend.launch([rows], {
      ...{ qkv: buffers.qkv, q, caches, positions, rows: room, heads, kvHeads, HP, KVP, D, DP },
    });
    const { window } = config.layerKinds[index]!;
    const reach = Math.min(window ?? capacity, capacity);
    const SPLITS = BATCH_SPLITS[device.traits.tiles];
    const BN = blockOfKeys(device.traits.tiles, DP, reach);
    const splits = splitsOf(SPLITS, device.processors, kvHeads * rows);
    const parts = { partial, peak, total, positions, reach, SPLITS, BN, D, DP };
    kernels.batchAttention.launch([kvHeads, splits, rows], {
      ...{ ...parts, q, caches, ...rotaries[index]!, scale, cap, rows: room, kvHeads },
      ...{ G, GP: Math.max(device.traits.matrixRows, GM), HALF, HALFP, CAP },
    });
    kernels.batchCombine.launch([heads, rows], { ...parts, out: buffers.attention, outRow: attention, splits });
  }

  /** The token that follows each row, by the logits as they are. */
  choose(): void {
    const { kernels, device, weights } = this.#host;
    const { logits, records, picked, rows: room } = this.#batch;
    const { top } = TILES[device.traits.tiles];
    kernels.batchPick.launch([this.#rows], {
      ...{ logits, records, picked, count: weights.head.rows, rows: room, ringSize: RING, ...top },
    });
  }
}

import type { DeviceBuffer } from "../device/device.js";
import { decodeAttentionTiles, splitsOf } from "../kernels/attention/tiles.js";
import type { Attention, AttentionLayer, Chunk } from "../models/attention/attention.js";
import type { AttentionHost } from "../models/attention/dense.js";
import { type Sizes, sizesOf } from "../models/sizes.js";
import { cdiv, powerOfTwo } from "../tiling.js";
import type { Share } from "./share.js";

/** Bytes of what a rank says of its part of a token's attention: of each head a sum of values, its largest score and its weights. */
export const denseShareBytes = ({ heads, headSize }: { readonly heads: number; readonly headSize: number }): number =>
  heads * (headSize + 2) * 4;

/** Every token sees all before it: in a decode step each rank attends to those that it owns. Chunks of a prompt read the cache of all. */
export class ShardedDense implements Attention {
  readonly #host: AttentionHost;
  readonly #share: Share;
  readonly #chunks: Attention;
  readonly #sizes: Sizes;
  readonly #tiles: ReturnType<typeof decodeAttentionTiles>;
  readonly #scratch: Readonly<Record<"partial" | "peak" | "total" | "finished" | "position", DeviceBuffer>>;
  /** The first layer that attends so: where tokens are is queued there, once for all layers. */
  readonly #first: number;

  /** @param capacity tokens that the cache may hold; @param chunks what attends for several tokens */
  constructor(host: AttentionHost, capacity: number, share: Share, chunks: Attention) {
    const { device, memory, config } = host;
    const { ranks } = share.dealing;
    this.#host = host;
    this.#share = share;
    this.#chunks = chunks;
    this.#sizes = sizesOf(config);
    this.#tiles = decodeAttentionTiles(device.traits.tiles, this.#sizes, cdiv(capacity, ranks));
    this.#first = config.layerKinds.findIndex(({ window }) => window === undefined || window >= capacity);
    const cells = config.heads * this.#tiles.SPLITS;
    const finished = memory.alloc(config.kvHeads * 4);
    device.fill(finished, 0);
    this.#scratch = {
      ...{ partial: memory.alloc(cells * config.headSize * 4), peak: memory.alloc(cells * 4) },
      ...{ total: memory.alloc(cells * 4), finished, position: memory.alloc(32) },
    };
  }

  token({ cache, rotary, position, index }: AttentionLayer, q: DeviceBuffer, out: DeviceBuffer): void {
    const { kernels, config, device } = this.#host;
    const { heads, kvHeads } = config;
    const { rank, dealing, meetings } = this.#share;
    const { G, GM, D, DP, HALF, HALFP, scale, cap, CAP } = this.#sizes;
    const { position: own, ...scratch } = this.#scratch;
    if (index === this.#first)
      kernels.dealPosition.launch([1], { position, own, added: 1, local: 0, rank, ...dealing });
    const { SPLITS, BN, PART } = this.#tiles;
    const { step } = meetings;
    kernels.decodeShare.launch([kvHeads, splitsOf(SPLITS, device.processors, kvHeads)], {
      ...{ q, keys: cache.keys, values: cache.values, ...rotary, position, owned: own.view(16, 4) },
      ...{ ...scratch, share: step.mine(rank), scale, cap, kvHeads, rank, ...dealing },
      ...{ G, GM, GP: Math.max(device.traits.matrixRows, GM), D, DP, HALF, HALFP, SPLITS, BN, PART, CAP },
    });
    step.gather(rank, denseShareBytes(config));
    kernels.combineShares.launch([heads], {
      ...{ shares: step.all(rank), out, heads, ranks: dealing.ranks, room: step.stride / 4 },
      ...{ D, DP, RP: powerOfTwo(dealing.ranks) },
    });
  }

  chunk(layer: AttentionLayer, qkv: DeviceBuffer, chunk: Chunk, out: DeviceBuffer): void {
    this.#chunks.chunk(layer, qkv, chunk, out);
  }
}

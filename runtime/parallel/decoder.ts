import { DeviceError } from "../device/errors.js";
import { decodeAttentionTiles } from "../kernels/attention/tiles.js";
import { assembleDecoder } from "../models/assemble.js";
import type { LayerCache } from "../models/cache.js";
import type { ModelConfig } from "../models/config.js";
import type { Decoder, ModelDecoder } from "../models/decoder.js";
import { neededBuilds } from "../models/dry-run.js";
import type { SharedHost } from "../models/host.js";
import { loadKernels } from "../models/kernel-bundle.js";
import { reachOf } from "../models/layers.js";
import type { DecoderOptions, ModelFiles } from "../models/load.js";
import { requireRoom } from "../models/memory.js";
import type { ModelSequence } from "../models/runner.js";
import { rowBytes, sizesOf } from "../models/sizes.js";
import { modelBundle } from "../package-root.js";
import { cdiv } from "../tiling.js";
import type { Exchange } from "./exchange.js";
import type { Dealt, DeviceGroup } from "./group.js";
import { PeerExchange } from "./peer-exchange.js";
import { type DealtCache, ParallelSequence, type Together, Turns } from "./sequence.js";
import { denseShareBytes } from "./sharded-dense.js";
import { candidateBytes, type Share } from "./share.js";

export interface ParallelOptions extends Omit<DecoderOptions, "share" | "sequences"> {
  /** Tokens of a block of the cache, at the least. Default 4096. */
  readonly block?: number;
  /** Milliseconds that a device waits for another. Default 30,000. */
  readonly timeLimit?: number;
}

const BLOCK = 4096;

/** A model on each of several devices, and sequences that they have together: weights on all, the cache dealt out. */
export class ParallelDecoder implements ModelDecoder {
  /** The first rank's. */
  readonly host: SharedHost;
  /** One sequence at a time. */
  readonly batch = undefined;
  readonly #together: Together;
  readonly #ranks: readonly Decoder[];
  readonly #layers: CacheLayers;
  readonly #sequences = new Set<ModelSequence>();

  /** Loads kernels and weights on all devices of a group at once. @throws what `loadDecoder` throws; nothing stays on the devices then */
  static async load(
    group: DeviceGroup,
    { checkpoint, config, plan }: ModelFiles,
    options: ParallelOptions,
  ): Promise<ParallelDecoder> {
    const { bundle = modelBundle(), block: least = BLOCK, timeLimit, signal, onProgress: _, ...layers } = options;
    const { attention, capacity } = layers;
    const { devices } = group;
    for (const device of devices) requireRoom(device, checkpoint);
    const [device] = devices;
    const { BN } = decodeAttentionTiles(device!.traits.tiles, sizesOf(config), cdiv(capacity, devices.length));
    const block = group.blockFor(attention.kind === "dense" ? cdiv(least, BN) * BN : least, [rowBytes(config)]);
    const dealing = { ranks: devices.length, block };
    const { mapped } = group;
    const model = { checkpoint, config, plan, ...layers };
    const needed = device!.arch === 0 ? [] : await neededBuilds(device!, { ...model, dealt: { dealing, mapped } });
    const kernels = await Promise.all(devices.map((one) => loadKernels(one, needed, { bundle, signal })));
    const exchange = new PeerExchange({ group, kernels, ...(timeLimit !== undefined && { timeLimit }) });
    const loaded: Decoder[] = [];
    try {
      const picks = attention.kind === "reattention" ? attention : { topK: 0, chunk: 0 };
      const { together } = reachOf({ device: device! }, layers);
      const meetings = {
        step: await exchange.meeting(Math.max(config.heads * candidateBytes(picks.topK), denseShareBytes(config))),
        chunk: await exchange.meeting(config.heads * picks.chunk * together * candidateBytes(picks.topK)),
      };
      const share: Omit<Share, "rank"> = { dealing, exchange, meetings, mapped };
      const ranks = devices.map(async (device, rank) => {
        const own = { ...model, share: { ...share, rank }, upload: { signal } };
        const decoder = await assembleDecoder(device, kernels[rank]!, own);
        loaded.push(decoder);
        return decoder;
      });
      // All of them, so that what one has is freed where another fails.
      const settled = await Promise.allSettled(ranks);
      for (const one of settled) if (one.status === "rejected") throw one.reason;
      const all = await Promise.all(ranks);
      return new ParallelDecoder(group, exchange, all, {
        config,
        capacity,
        block,
        own: attention.kind === "reattention",
      });
    } catch (error) {
      for (const decoder of loaded) decoder.close();
      exchange.free();
      throw error;
    }
  }

  private constructor(group: DeviceGroup, exchange: Exchange, ranks: readonly Decoder[], layers: CacheLayers) {
    this.#together = { group, exchange, turns: new Turns() };
    this.host = ranks[0]!.host;
    this.#ranks = ranks;
    this.#layers = layers;
  }

  /** A sequence of its own, empty: its cache takes memory on all devices as it fills. @throws OutOfMemoryError */
  sequence(): ParallelSequence {
    this.#together.exchange.check();
    const cache = dealCache(this.#together.group, this.#layers);
    try {
      const ranks = this.#ranks.map((decoder, rank) => decoder.sequence(cache.ofRank[rank]!));
      const sequence = new ParallelSequence(this.#together, ranks, cache);
      this.#sequences.add(sequence);
      return sequence;
    } catch (error) {
      cache.free();
      throw error;
    }
  }

  drop(sequence: ModelSequence): void {
    this.#sequences.delete(sequence);
    if (sequence instanceof ParallelSequence) sequence.drop(this.#ranks);
  }

  /** Positions that the latest prompt's last chunk saw, as a rank has them; see Runner. */
  seen(rank = 0): Promise<Int32Array[] | undefined> {
    return this.#ranks[rank]!.seen();
  }

  /** Frees all that the model has of the devices. Whoever waits, on the host or on a device, is told. */
  close(): void {
    const { exchange } = this.#together;
    exchange.abort(new DeviceError("The model was used after it was closed: load it again."));
    for (const sequence of this.#sequences) sequence.close();
    this.#sequences.clear();
    for (const decoder of this.#ranks) decoder.close();
    exchange.free();
  }
}

/** What of a model a cache depends on. */
interface CacheLayers {
  readonly config: ModelConfig;
  readonly capacity: number;
  readonly block: number;
  /** Whether ranks pass over keys of their own. */
  readonly own: boolean;
}

function dealCache(group: DeviceGroup, { config, capacity, block, own }: CacheLayers): DealtCache {
  const held: Dealt[] = [];
  const deal = (own: boolean) => {
    const dealt = group.deal({ block, rowBytes: rowBytes(config), tokens: capacity, own });
    held.push(dealt);
    return dealt;
  };
  const free = () => {
    for (const dealt of held) dealt.free();
  };
  try {
    const layers = config.layerKinds.map(() => ({ keys: deal(own), values: deal(false) }));
    const ofRank = group.devices.map((_, rank) =>
      layers.map(
        ({ keys, values }): LayerCache => ({
          ...{ keys: keys.whole(rank), values: values.whole(rank) },
          ...(own && { own: keys.own(rank) }),
        }),
      ),
    );
    return { ofRank, free };
  } catch (error) {
    free();
    throw error;
  }
}

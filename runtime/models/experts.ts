import type { Allocator } from "../device/allocations.js";
import type { DeviceBuffer } from "../device/device.js";
import { cdiv, powerOfTwo } from "../tiling.js";
import type { ExpertConfig, ModelConfig } from "./config.js";
import { padded } from "./sizes.js";
import { allocateRouting, type Routing } from "./state.js";

/** What a chunk of a prompt needs where there are experts. A pair is a token and one of the slots that its experts fill. */
export interface ExpertBuffers extends Routing {
  /** i32 [pairs]: by expert. */
  readonly order: DeviceBuffer;
  /** i32 [experts + 1]: where each one's pairs start in the order. */
  readonly starts: DeviceBuffer;
  /** i32 [tiles]: the expert of each tile of pairs, and its first place in the order. */
  readonly tileExpert: DeviceBuffer;
  readonly tileFirst: DeviceBuffer;
  /** bf16 [pairs in order, F] */
  readonly activation: DeviceBuffer;
  /** bf16 [pairs, hidden] */
  readonly product: DeviceBuffer;
}

export function allocateExpertBuffers(
  memory: Allocator,
  { hidden, feedForward }: ModelConfig,
  experts: ExpertConfig,
  tokens: number,
): ExpertBuffers {
  const pairs = tokens * experts.used;
  const i32 = (elements: number) => memory.alloc(elements * 4);
  return {
    ...allocateRouting(memory, experts, tokens),
    order: i32(pairs),
    starts: i32(experts.count + 1),
    // With tiles of one row there are as many as pairs.
    tileExpert: i32(pairs),
    tileFirst: i32(pairs),
    activation: memory.alloc(pairs * padded(feedForward) * 2),
    product: memory.alloc(pairs * padded(hidden) * 2),
  };
}

/** Tiles of BM rows that `pairs` can make, however they are spread: each expert's last one may be nearly empty. */
export const mostTiles = (pairs: number, { count }: ExpertConfig, BM: number): number =>
  Math.floor((pairs + Math.min(pairs, count) * (BM - 1)) / BM);

/** From so many tokens on an expert has enough rows, evenly spread, to fill most of a larger tile. */
export const manyRows = ({ count, used }: ExpertConfig): number => cdiv(32 * count, used);

export const choiceArguments = ({ count, used, normalized }: ExpertConfig, { logits, chosen, weights }: Routing) => ({
  ...{ logits, chosen, weights, experts: count, used },
  ...{ EP: powerOfTwo(count), UP: powerOfTwo(used), NORMALIZED: normalized },
});

/** What only a model with experts has. */
export function mixtureOf<R extends Routing>({ experts }: ModelConfig, routing: R | undefined) {
  if (!experts || !routing) throw new TypeError("a layer has a router, and the configuration no experts");
  return { experts, routing };
}

import type { Allocator } from "../device/allocations.js";
import type { Device, DeviceBuffer } from "../device/device.js";
import type { ExpertConfig, ModelConfig } from "./config.js";
import { logitPrograms } from "./row-products.js";
import { sizesOf } from "./sizes.js";
import type { Weights } from "./weights.js";

/** Tokens that the ring on the device holds: more than a host may lag behind. */
export const RING = 64;

/** i32 indices within `state`, 16 bytes apart so that each may be loaded as an aligned pointer. */
export const STATE = { position: 0, token: 4, step: 8, length: 12 } as const;

/** What is known of where tokens go; a row a token. */
export interface Routing {
  readonly logits: DeviceBuffer;
  readonly chosen: DeviceBuffer;
  readonly weights: DeviceBuffer;
}

/** What decode steps keep on the device. Sequence length, token and step live here, so that one recorded step serves every position. */
export interface DecodeState {
  readonly state: DeviceBuffer;
  readonly position: DeviceBuffer;
  readonly token: DeviceBuffer;
  readonly ring: DeviceBuffer;
  /** f32 [hidden]: the residual stream of the token. */
  readonly residual: DeviceBuffer;
  /** f32 [heads + KV heads, D]: queries, and behind them keys that still have their norm to come. */
  readonly q: DeviceBuffer;
  /** f32 [heads · D] */
  readonly attention: DeviceBuffer;
  /** f32 [F], one after the other of the experts that are used. */
  readonly activation: DeviceBuffer;
  /** Where there are experts: logits of the router, f32 [experts]; those chosen, i32 [used], and their weights, f32 [used]. */
  readonly routing: Routing | undefined;
  /** f32 [hidden]: what still has its norm to come before it joins the residual. */
  readonly product: DeviceBuffer;
  readonly logits: DeviceBuffer;
  readonly bestLogit: DeviceBuffer;
  readonly bestRow: DeviceBuffer;
  /** f32 [inverse temperature, topP] and i32 [topK, seed]: read by the kernel, so that one recorded step serves every request. */
  readonly chances: DeviceBuffer;
  readonly choices: DeviceBuffer;
}

export const allocateRouting = (memory: Allocator, { count, used }: ExpertConfig, tokens: number): Routing => ({
  logits: memory.alloc(tokens * count * 4),
  chosen: memory.alloc(tokens * used * 4),
  weights: memory.alloc(tokens * used * 4),
});

export function allocateDecodeState(
  device: Device,
  memory: Allocator,
  config: ModelConfig,
  { head }: Weights,
): DecodeState {
  const sizes = sizesOf(config);
  const f32 = (elements: number) => memory.alloc(elements * 4);
  // Rows are read in whole blocks: what is behind their elements must be numbers.
  const zeros = (elements: number) => {
    const buffer = f32(elements);
    device.fill(buffer, 0);
    return buffer;
  };
  const state = f32(STATE.length);
  const programs = logitPrograms(device, head);
  return {
    state,
    position: state.view(STATE.position * 4, 4),
    token: state.view(STATE.token * 4, 4),
    ring: f32(RING),
    residual: zeros(sizes.residual),
    q: f32(sizes.qRows + sizes.kvRows),
    attention: zeros(sizes.attention),
    activation: zeros((config.experts?.used ?? 1) * sizes.activation),
    routing: config.experts && allocateRouting(memory, config.experts, 1),
    product: f32(sizes.residual),
    logits: f32(config.vocabulary),
    bestLogit: f32(programs),
    bestRow: f32(programs),
    chances: f32(2),
    choices: f32(2),
  };
}

import type { Allocator } from "../device/allocations.js";
import type { Device, DeviceBuffer } from "../device/device.js";
import { RECORD, STATE } from "../kernels/sample/record.js";
import type { ExpertConfig, ModelConfig } from "./config.js";
import { sizesOf } from "./sizes.js";
import { logitPrograms } from "./token-products.js";
import type { Weights } from "./weights.js";

/** Tokens that the ring on the device holds: more than a host may lag behind. */
export const RING = 64;

/** What is known of where tokens go; a row a token. */
export interface Routing {
  readonly logits: DeviceBuffer;
  readonly chosen: DeviceBuffer;
  readonly weights: DeviceBuffer;
}

/** What a sequence keeps on the device. Its length, token and step live here, so that one recorded step serves every position. */
export interface SequenceState {
  /** All of the following but the logits, in one piece. */
  readonly record: DeviceBuffer;
  readonly state: DeviceBuffer;
  readonly position: DeviceBuffer;
  readonly token: DeviceBuffer;
  readonly ring: DeviceBuffer;
  /** f32 [inverse temperature, topP, log of minP] and i32 [topK, seed]: read by the kernel, so that one recorded step serves every request. */
  readonly chances: DeviceBuffer;
  readonly choices: DeviceBuffer;
  /** i64 [1]: the record's own address. */
  readonly own: DeviceBuffer;
  /** f32 [vocabulary]: of the token that was picked last. */
  readonly logits: DeviceBuffer;
}

/** What a decode step needs while it runs: steps of all sequences are on one stream, so they take turns with it. */
export interface StepScratch {
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
  readonly bestLogit: DeviceBuffer;
  readonly bestRow: DeviceBuffer;
}

export type DecodeState = SequenceState & StepScratch;

export const allocateRouting = (memory: Allocator, { count, used }: ExpertConfig, tokens: number): Routing => ({
  logits: memory.alloc(tokens * count * 4),
  chosen: memory.alloc(tokens * used * 4),
  weights: memory.alloc(tokens * used * 4),
});

export function allocateSequenceState(memory: Allocator, config: ModelConfig): SequenceState {
  const record = memory.alloc((RECORD.ring + RING) * 4);
  const part = (at: number, count: number) => record.view(at * 4, count * 4);
  return {
    record,
    state: part(0, STATE.length),
    position: part(STATE.position, 1),
    token: part(STATE.token, 1),
    ring: part(RECORD.ring, RING),
    chances: part(RECORD.chances, 3),
    choices: part(RECORD.choices, 2),
    own: part(RECORD.own, 2),
    logits: memory.alloc(config.vocabulary * 4),
  };
}

export function allocateStepScratch(
  device: Device,
  memory: Allocator,
  config: ModelConfig,
  { head }: Weights,
): StepScratch {
  const sizes = sizesOf(config);
  const f32 = (elements: number) => memory.alloc(elements * 4);
  // Rows are read in whole blocks: what is behind their elements must be numbers.
  const zeros = (elements: number) => {
    const buffer = f32(elements);
    device.fill(buffer, 0);
    return buffer;
  };
  const programs = logitPrograms(device, head);
  return {
    residual: zeros(sizes.residual),
    q: f32(sizes.qRows + sizes.kvRows),
    attention: zeros(sizes.attention),
    activation: zeros((config.experts?.used ?? 1) * sizes.activation),
    routing: config.experts && allocateRouting(memory, config.experts, 1),
    product: f32(sizes.residual),
    bestLogit: f32(programs),
    bestRow: f32(programs),
  };
}

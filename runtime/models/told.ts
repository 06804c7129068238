import type { Allocator } from "../device/allocations.js";
import type { Device, DeviceBuffer, Mirror } from "../device/device.js";
import { TOLD_ROW } from "../kernels/sample/record.js";
import type { ChosenLogprob, TokenLogprob } from "./shaping.js";

/** Steps of which log probabilities stay: more than a host may lag behind. */
export const TOLD_RING = 16;

/** Where steps of `rows` sequences tell of their tokens, and the host's view of it. */
export class Told {
  readonly rows: number;
  /** f32 and i32 [TOLD_RING, rows, TOLD_ROW]; see `tellTokens`. */
  readonly scores: DeviceBuffer;
  readonly tokens: DeviceBuffer;
  readonly #whole: DeviceBuffer;
  readonly #mirror: Mirror;

  constructor(device: Pick<Device, "fill">, memory: Allocator, rows: number) {
    const bytes = TOLD_RING * rows * TOLD_ROW * 4;
    this.rows = rows;
    this.#whole = memory.alloc(2 * bytes);
    // The host is sent all of it, and steps write parts.
    device.fill(this.#whole, 0);
    this.scores = this.#whole.view(0, bytes);
    this.tokens = this.#whole.view(bytes, bytes);
    this.#mirror = memory.mirror(2 * bytes);
  }

  /** Queues the copy to the host. */
  send(): void {
    this.#mirror.copyFrom(this.#whole, this.#whole.bytes);
  }

  /** What a row's step told of its token and of the `top` likeliest ones. */
  of(row: number, step: number, top: number): ChosenLogprob {
    const { host } = this.#mirror;
    const half = host.byteLength / 2;
    const start = ((step % TOLD_RING) * this.rows + row) * TOLD_ROW;
    const scores = new Float32Array(host, start * 4, TOLD_ROW);
    const tokens = new Int32Array(host, half + start * 4, TOLD_ROW);
    const at = (place: number): TokenLogprob => ({ token: tokens[place]!, logprob: scores[place]! });
    return { ...at(0), top: Array.from({ length: top }, (_, place) => at(place + 1)) };
  }
}

import type { Allocator } from "../device/allocations.js";
import type { Device, DeviceBuffer } from "../device/device.js";
import { SHAPING, shapingWords } from "../kernels/sample/record.js";
import { TILES } from "../kernels/tiles.js";
import { cdiv } from "../tiling.js";
import type { ModelConfig } from "./config.js";
import type { PassHost } from "./host.js";
import type { Shaping } from "./shaping.js";
import { RING } from "./state.js";
import { TOLD_RING, type Told } from "./told.js";

/** What sequences have on the device whose logits are shaped. It is allocated where one asks for it, and kept for the next that does. */
export class Shapings {
  readonly #device: Device;
  readonly #memory: Allocator;
  readonly #config: ModelConfig;
  readonly #rows: number;
  readonly #free: DeviceBuffer[] = [];
  #shaped: DeviceBuffer | undefined;

  /** For steps of up to `rows` sequences. */
  constructor(device: Device, memory: Allocator, config: ModelConfig, rows: number) {
    this.#device = device;
    this.#memory = memory;
    this.#config = config;
    this.#rows = rows;
  }

  /** f32 [rows, vocabulary]: logits as they are picked from; steps are on one stream, so they take turns with it. */
  get shaped(): DeviceBuffer {
    this.#shaped ??= this.#memory.alloc(this.#rows * this.#config.vocabulary * 4);
    return this.#shaped;
  }

  /** A sequence's own, for an answer to this prompt. */
  async take(shaping: Shaping, prompt: readonly number[]): Promise<DeviceBuffer> {
    // Where there is no memory for a step, whoever asks first hears of it.
    void this.shaped;
    const { vocabulary } = this.#config;
    const words = contentsOf(shaping, prompt, this.#config);
    const buffer = this.#free.pop() ?? this.#memory.alloc(4 * shapingWords(vocabulary));
    await this.#device.write(buffer, words);
    return buffer;
  }

  /** Takes it back. Steps that are queued may still use it: whoever has it next writes to it behind them. */
  give(buffer: DeviceBuffer): void {
    this.#free.push(buffer);
  }

  /** Queues the tokens that may come next, a bit for each. */
  allow(buffer: DeviceBuffer, mask: Uint32Array): Promise<void> {
    const at = 4 * (SHAPING.tally + 2 * this.#config.vocabulary);
    return this.#device.write(buffer.view(at, mask.byteLength), mask);
  }
}

function contentsOf(shaping: Shaping, prompt: readonly number[], { vocabulary }: ModelConfig): Int32Array {
  const words = new Int32Array(shapingWords(vocabulary));
  const numbers = new Float32Array(words.buffer);
  const { repetitionPenalty, presencePenalty, frequencyPenalty, logprobs } = shaping;
  numbers.set([repetitionPenalty, 1 / repetitionPenalty, presencePenalty, frequencyPenalty], SHAPING.penalties);
  words[SHAPING.told] = logprobs === undefined ? 0 : 1 + logprobs;
  for (const token of prompt) words[SHAPING.tally + token] = 1;
  for (const [token, bias] of shaping.logitBias) numbers[SHAPING.tally + vocabulary + token] = bias;
  words.fill(-1, SHAPING.tally + 2 * vocabulary);
  return words;
}

/** The rows that a step picks tokens for. */
export interface ShapedRows {
  /** Rows of this step, and those that tables have room for. */
  readonly rows: number;
  readonly room: number;
  /** f32 [rows, vocabulary] */
  readonly logits: DeviceBuffer;
  /** i64 [rows]: the addresses of the sequences' records. */
  readonly records: DeviceBuffer;
  /** i32 [RING, room]: the latest tokens. */
  readonly picked: DeviceBuffer;
  readonly shaped: DeviceBuffer;
  readonly told: Told;
}

/** Picks a token for each row by logits as its sequence asks for them, and tells of it where that is asked for. */
export function pickShaped(
  { kernels, config, device }: Pick<PassHost, "kernels" | "config" | "device">,
  { rows, room, logits, records, picked, shaped, told }: ShapedRows,
): void {
  const { shaping, top, tell } = TILES[device.traits.tiles];
  const { vocabulary: count } = config;
  kernels.shapeLogits.launch([cdiv(count, shaping.BLOCK), rows], { logits, records, shaped, count, ...shaping });
  kernels.batchPick.launch([rows], {
    ...{ logits: shaped, records, picked, count, rows: room, ringSize: RING, ...top },
  });
  const { scores, tokens } = told;
  kernels.tellTokens.launch([rows], {
    ...{ logits, records, scores, tokens, count, rows: told.rows, ringSize: TOLD_RING, ...tell },
  });
  told.send();
}

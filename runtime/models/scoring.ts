import type { Allocator } from "../device/allocations.js";
import type { DeviceBuffer } from "../device/device.js";
import { LOGIT_ROWS } from "./rows-pass.js";

/** Bytes of logits that are made at a time, and the most rows of them: enough of a GPU's work, and little beside a model. */
const LOGIT_BYTES = 64 << 20;
const MOST_ROWS = 512;

/** Where a chunk's tokens are scored. It is allocated when that is first asked for; sequences take turns with it. */
export class ScoreBuffers {
  /** Tokens whose logits are made at a time. */
  readonly rows: number;
  /** f32 [rows, vocabulary] */
  readonly logits: DeviceBuffer;
  /** Of every token of a chunk: i32, the one that follows, and f32, its log probability. */
  readonly targets: DeviceBuffer;
  readonly scores: DeviceBuffer;

  constructor(memory: Allocator, vocabulary: number, tokens: number) {
    const fitting = Math.floor(LOGIT_BYTES / (4 * vocabulary * LOGIT_ROWS)) * LOGIT_ROWS;
    this.rows = Math.min(Math.max(fitting, LOGIT_ROWS), MOST_ROWS);
    this.logits = memory.alloc(this.rows * vocabulary * 4);
    this.targets = memory.alloc(tokens * 4);
    this.scores = memory.alloc(tokens * 4);
  }
}

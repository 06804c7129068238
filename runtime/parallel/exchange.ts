import type { DeviceBuffer } from "../device/device.js";

/**
 * How ranks give each other rows: kilobytes in a decode step, megabytes in a chunk of a prompt. Implementations: peer memory and flags
 * (peer-exchange.ts).
 */
export interface Exchange {
  readonly ranks: number;
  /** Memory for rounds of up to `bytes` bytes of each rank. Rounds of one of these come in the same order on every rank. */
  meeting(bytes: number): Promise<Meeting>;
  /**
   * Ends the waits of all ranks: what is queued goes on with whatever is there. Whoever looks after it is told `reason`; nothing works afterwards.
   */
  abort(reason: Error): void;
  /** Queues, behind a rank's rounds, the word for the host about how they went. Capturable. */
  report(rank: number): void;
  /** Throws the DeviceError that names the rank that did not answer, as far as `report` has been reached by any rank, and what `abort` was told. */
  check(): void;
  free(): void;
}

/** One kind of rows that are exchanged, round by round. */
export interface Meeting {
  /** Bytes from a rank's rows to the next one's in `all`, a multiple of 256. */
  readonly stride: number;
  /** What a rank gives: `bytes` bytes, in its own memory. */
  mine(rank: number): DeviceBuffer;
  /** What a rank gets: rows of all ranks, in the order of ranks, each `stride` from the one before. */
  all(rank: number): DeviceBuffer;
  /** Queues a round on a rank's device: behind it, the first `bytes` of what each rank gave are in `all`. Capturable. */
  gather(rank: number, bytes: number): void;
  free(): void;
}

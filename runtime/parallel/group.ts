/*
 * What a model over several devices asks of them, beside what each does by itself (device/device.ts). All is of one process: devices of other hosts
 * share no memory, and only what `Exchange` (exchange.ts) does goes between them. The CPU executor's is cpu-group.ts.
 */

import type { Device, DeviceBuffer, GrowableBuffer } from "../device/device.js";
import type { Dealing } from "./dealing.js";

/** Devices of one kind whose kernels reach each other's memory. Rank r is `devices[r]`. */
export interface DeviceGroup {
  readonly devices: readonly Device[];
  /**
   * A buffer of any device of the group as kernels of `devices[rank]` take it: the same memory at the same address, so a kernel may also be given the
   * address alone. Freed with the buffer, and only there: `free` of what is lent does nothing. Bounds and liveness are checked as those of any
   * argument. Throws DeviceError for a buffer of another device, and where the two devices do not reach each other, naming both.
   */
  lend(buffer: DeviceBuffer, rank: number): DeviceBuffer;
  /**
   * The least block of at least `tokens` tokens that can be dealt where rows have so many bytes: a GPU deals whole pages, so that a block of each
   * buffer is a multiple of one. `tokens` itself where that does not matter.
   */
  blockFor(tokens: number, rowBytes: readonly number[]): number;
  /**
   * Addresses for rows of `options.tokens` tokens; memory is committed as they come (`Dealt.grow`). Throws OutOfMemoryError where there are none, and
   * DeviceError for a block that cannot be dealt (see `blockFor`).
   */
  deal(options: DealOptions): Dealt;
  /**
   * Whether `own` of what is dealt is the memory of `whole`, mapped a second time. Where it is not, who has written rows to `whole` copies those that he
   * owns (kernels/parallel/deal.kernel.ts).
   */
  readonly mapped: boolean;
  /** A word of memory, 0 at first, that kernels of all ranks read and that the host changes at any time: while kernels run, and without waiting. */
  hostWord(): HostWord;
  /** Closes its devices. */
  close(): void;
}

export interface DealOptions {
  readonly block: number;
  /** Bytes of a token, a multiple of 4. */
  readonly rowBytes: number;
  /** Tokens at the most. */
  readonly tokens: number;
  /** Whether ranks pass over their own rows: then they are to be had behind each other, too. */
  readonly own: boolean;
}

/**
 * Rows of tokens, one array to all ranks, whose blocks lie in the memory of the ranks that own them. Every rank writes the rows of every token, with
 * the same bits as all others, so whoever reads what he has written himself need not wait for anybody.
 */
export interface Dealt {
  readonly dealing: Dealing;
  readonly rowBytes: number;
  /** Tokens that it may have, and those that there is memory for now. */
  readonly capacity: number;
  readonly tokens: number;
  /** All rows, by position, as a buffer of `devices[rank]`. Its `grow` takes bytes and is `grow` of all; its `free` does nothing. */
  whole(rank: number): GrowableBuffer;
  /**
   * The rows that a rank owns, by slot (dealing.ts), as a buffer of `devices[rank]`. It grows with the whole: by whole blocks, so that all slots of
   * `tokens` tokens are there. Throws DeviceError where it was not asked for.
   */
  own(rank: number): GrowableBuffer;
  /**
   * Commits memory for so many tokens in all; does nothing where it is there. May be called while work is queued and recorded. Throws OutOfMemoryError,
   * which leaves all as it was, and DeviceError beyond the capacity.
   */
  grow(tokens: number): void;
  /** Frees all of it, once; queued work may still use it. */
  free(): void;
}

export interface HostWord {
  /** The word, i32, as a buffer of `devices[rank]`. */
  on(rank: number): DeviceBuffer;
  /** Seen by kernels that read it with atomicLoad, in the system's scope, soon after. */
  set(value: number): void;
  free(): void;
}

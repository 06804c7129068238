/**
 * The words of shared memory, at its start or where a device beside another has its own, through which the host and its workers agree on what runs. The workers are given this object
 * when they start, so it is the only description of the layout.
 *
 * Commands are numbered and lie in a ring. `state` holds the number of the command that runs (its low 20 bits, shifted by 12) and how
 * many of its chunks are claimed: a worker claims one by compare-and-swap, so one that was asleep for a while can claim nothing of a command
 * that is over. The worker that completes the last chunk moves `state` on.
 */
export const CONTROL = {
  state: 0,
  /** Commands that were ever put into the ring. */
  tail: 1,
  /** Chunks of the running command that are done. */
  completed: 2,
  /** Signals that were passed; the host waits for it to change. */
  signals: 3,
  /** 0: none; 1: one worker is writing its error; 2: it is written. Commands after an error do nothing until the host has taken it. */
  error: 4,
  stop: 5,
  /** Counts up with every message of a worker about what kernels have printed. */
  printed: 6,
  /** What went wrong: see `Fault`. */
  fault: 16,
  faultText: 64,
  faultTextBytes: 2048,
  /** Address of each worker's scratch memory. */
  frames: 1024,
  /** 1 for each worker that has read its script. */
  started: 1280,
  maxWorkers: 256,
  ring: 2048,
  slots: 4096,
  slotWords: 8,
  chunkBits: 12,
  numberMask: 0xfffff,
} as const;

/** Words of a slot. */
export const SLOT = { kind: 0, id: 1, block: 2, total: 3, chunk: 4, chunks: 5, to: 6, value: 7 } as const;

export const COMMAND = { launch: 1, copy: 2, fill: 3, mirror: 4, stamp: 5, signal: 6 } as const;

export const FAULT = {
  outOfBounds: 1,
  misaligned: 2,
  other: 3,
  assertion: 4,
  uninitialised: 5,
  race: 6,
  waits: 7,
  tensorMap: 8,
} as const;

/** One command as the host queues it. */
export interface Command {
  readonly kind: (typeof COMMAND)[keyof typeof COMMAND];
  /** Kernel or mirror. */
  readonly id: number;
  /** Address: of the arguments of a launch, of what is copied from, of what is filled, of where a stamp goes. */
  readonly block: number;
  /** Programs of a launch; bytes. */
  readonly total: number;
  readonly to: number;
  /** The byte of a fill; 1 for a launch whose programs must all run at once. */
  readonly value: number;
}

/** Bytes for the arguments of a launch, one place for each slot of the ring. All of a device's control words and blocks begin at its base. */
export const BLOCK_BYTES = 1024;
const PAGE = 65536;
const blocksAt = (CONTROL.ring + CONTROL.slots * CONTROL.slotWords) * 4;
export const BLOCKS_START = Math.ceil(blocksAt / 256) * 256;
/** Where buffers start: behind the control words, with room below for addresses that an instruction's own offset is added to. */
export const HEAP_START = Math.ceil((BLOCKS_START + CONTROL.slots * BLOCK_BYTES) / PAGE) * PAGE;

import type { Format } from "./weights.js";

/**
 * Tile sizes of the model kernels. The GPU's are the builds of the kernels, so the launcher finds a compiled variant for each; the CPU
 * executor compiles whatever it is asked for, and small tiles stay in its caches. Sizes were chosen by measurement (bench/).
 */
export const FORMATS = ["q4_1", "q8_0", "bf16"] as const satisfies readonly Format[];

export const GPU_TILES = {
  embed: { B: 32 },
  /** Decode: R rows a program, B blocks of 32 columns at a time, KP elements of the residual at a time. */
  qkv: { B: 32, KP: 1024, R: 8 },
  gateUp: { B: 32, KP: 1024, R: 4 },
  down: { B: 64, R: 4 },
  out: { B: 32, R: 4 },
  logits: { B: 32, KP: 1024, R: 8 },
  /** SPLITS of the keys, BN keys at a time. */
  attention: { SPLITS: 64, BN: 64 },
  greedy: { BLOCK: 1024 },
  top: { BLOCK: 8192 },
  /** Prefill. */
  norm: { KP: 1024 },
  dequantize: { R: 8, B: 32 },
  few: { BM: 64, BN: 32, B: 2 },
  swiglu: { BLOCK: 512 },
  matmul: { BM: 128, BN: 128, BK: 64, GROUP: 8 },
  matmulAdd: { BM: 128, BN: 64, BK: 64, GROUP: 8 },
  matmulSwiglu: { BM: 128, BN: 64, BK: 64, GROUP: 8 },
  prefillAttention: { BM: 64, BN: 128 },
} as const;

export const CPU_TILES: {
  readonly [K in keyof typeof GPU_TILES]: { readonly [C in keyof (typeof GPU_TILES)[K]]: number };
} = {
  embed: { B: 2 },
  qkv: { B: 2, KP: 64, R: 16 },
  gateUp: { B: 2, KP: 64, R: 16 },
  down: { B: 2, R: 16 },
  out: { B: 2, R: 16 },
  logits: { B: 2, KP: 64, R: 32 },
  attention: { SPLITS: 4, BN: 32 },
  greedy: { BLOCK: 64 },
  top: { BLOCK: 256 },
  norm: { KP: 64 },
  dequantize: { R: 4, B: 2 },
  few: { BM: 32, BN: 32, B: 2 },
  swiglu: { BLOCK: 64 },
  matmul: { BM: 32, BN: 32, BK: 64, GROUP: 1 },
  matmulAdd: { BM: 32, BN: 32, BK: 64, GROUP: 1 },
  matmulSwiglu: { BM: 32, BN: 32, BK: 64, GROUP: 1 },
  prefillAttention: { BM: 32, BN: 32 },
};

/** Elements of a block that `readMemory` reads at a time: 16 to each thread, in loads of 16 bytes. */
export const READ_BLOCK = 4096;

/** Head counts and sizes of a model that attention kernels are compiled for: SmolLM2's 9 query and 3 KV heads of 64. */
export const HEADS = { G: 3, GP: 16, D: 64, HALF: 32, HP: 16, KVP: 4 } as const;

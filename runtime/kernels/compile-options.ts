/** How builds are compiled that want something else than their kernel's defaults: warps, stages and registers that suit the tiles. */

export interface LaunchOptions {
  readonly warps?: number;
  readonly stages?: number;
  readonly maxRegisters?: number;
}

type Constants = Readonly<Record<string, number | boolean | string>>;

/** One class a block is the approximate pick, which has larger lists. */
const isByBlock = ({ CLASSES }: Constants): boolean => CLASSES === 1;
const isWide = ({ DP }: Constants): boolean => Number(DP) > 128;

/** Columns of which one program fills a multiprocessor. */
export const LONG_ROW = 12288;

/** Whole rows of bf16: as many threads as hold them and the vector in registers. */
function rowOptions({ P0, P1, TWO }: Constants): LaunchOptions {
  const columns = Number(P0) + (TWO ? Number(P1) : 0);
  return { warps: columns <= 1024 ? 2 : columns <= 2048 ? 4 : columns <= LONG_ROW ? 8 : 16 };
}

/** Blocks of rows: few rows of few blocks want few threads, which have less to add up among them. */
const blockOptions = ({ B, ONE }: Constants): LaunchOptions => ({
  warps: ONE && Number(B) <= 32 ? 1 : 2,
  maxRegisters: 255,
});

/** Narrow tiles wait for memory: as many stages as there is room for. */
function productOptions({ BM, BN, BK }: Constants): LaunchOptions {
  if (Number(BK) === 128) return { warps: 4, stages: Number(BM) === 128 ? 4 : Number(BN) === 64 ? 5 : 6 };
  return Number(BN) === 128 ? { warps: 4 } : {};
}

const RULES: Readonly<Record<string, (constants: Constants) => LaunchOptions>> = {
  decodeAttention: (c) => (isWide(c) ? { warps: 8 } : {}),
  matmul: productOptions,
  matmulAdd: productOptions,
  matmulGated: ({ BM, BN }) => (Number(BN) > 64 ? {} : { warps: 4, stages: Number(BM) === 64 ? 4 : 3 }),
  prefillAttention: (c) =>
    isWide(c) || (Number(c.BM) > 64 && Number(c.BN) > 64)
      ? { warps: 8 }
      : Number(c.BM) + Number(c.BN) === 128
        ? { stages: 3 }
        : {},
  reattentionDecode: (c) => (isWide(c) ? { warps: 8 } : {}),
  decodeQkvRows: rowOptions,
  decodeGateUpRows: rowOptions,
  decodeAddRows: rowOptions,
  decodeLogitsRows: rowOptions,
  decodeQkv: blockOptions,
  decodeGateUp: blockOptions,
  decodeAdd: blockOptions,
  decodeLogits: ({ R, B }) => ({ warps: Math.max(1, (Number(B) * Number(R)) / 32) }),
  reattentionPrefill: (c) => (isWide(c) ? { stages: 2 } : {}),
  reattentionScan: (c) => (isWide(c) ? { stages: 3 } : {}),
  // Three programs a multiprocessor.
  reattentionScanQuantized: (c) => (isWide(c) ? {} : { maxRegisters: 168 }),
  reattentionStream: (c) =>
    isByBlock(c) ? { warps: 8, stages: 2, maxRegisters: 128 } : isWide(c) ? { warps: 4, stages: 2 } : {},
  reattentionStreamParts: (c) => (isWide(c) ? { stages: 2 } : {}),
  reattentionPickStreamed: (c) => (isByBlock(c) || isWide(c) ? { warps: 4 } : {}),
  chooseExperts: ({ EP }) => (Number(EP) > 512 ? { warps: 8 } : {}),
  reattentionChoose: ({ N }) => (Number(N) <= 128 ? { warps: 4 } : {}),
};

/** What a build of `kernel` with these constants is compiled with, beside its defaults. */
export const compileOptions = (kernel: string, constants: Constants): LaunchOptions => RULES[kernel]?.(constants) ?? {};

import type { Edges, KernelCase } from "./case.js";
import { decodeAttentionCases } from "./cases/decode-attention.js";
import { decodeAddCases, decodeGateUpCases, decodeLogitsCases, decodeQkvCases } from "./cases/decode-project.js";
import { embedCases } from "./cases/embed.js";
import { matmulCases, matmulQuantizedCases, swigluCases } from "./cases/matmul.js";
import {
  appendCacheCases,
  dequantizeMatrixCases,
  rmsNormCases,
  rotateAppendCases,
  rotateKeysCases,
} from "./cases/prefill.js";
import { prefillAttentionCases } from "./cases/prefill-attention.js";
import { readMemoryCases } from "./cases/read-memory.js";
import { sampleGreedyCases } from "./cases/sample-greedy.js";
import { sampleTopCases } from "./cases/sample-top.js";

const ALL = [
  embedCases,
  decodeQkvCases,
  decodeAttentionCases,
  decodeGateUpCases,
  decodeAddCases,
  decodeLogitsCases,
  sampleGreedyCases,
  sampleTopCases,
  rmsNormCases,
  dequantizeMatrixCases,
  rotateAppendCases,
  appendCacheCases,
  rotateKeysCases,
  matmulCases,
  matmulQuantizedCases,
  swigluCases,
  prefillAttentionCases,
  readMemoryCases,
];

/** Cases of every kernel of dense models, with sizes at the given edges. */
export const kernelCases = (edges: Edges): KernelCase[] => ALL.flatMap((cases) => cases(edges));

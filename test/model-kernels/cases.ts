import type { Edges, KernelCase } from "./case.js";
import { decodeAttentionCases } from "./cases/decode-attention.js";
import { decodeIntegersCases } from "./cases/decode-integers.js";
import { decodeLogitsCases } from "./cases/decode-logits.js";
import {
  addNormedCases,
  decodeAddCases,
  decodeGateUpCases,
  decodeNormHeadsCases,
  decodeQkvCases,
} from "./cases/decode-project.js";
import { decodeRowsCases } from "./cases/decode-rows.js";
import { embedCases } from "./cases/embed.js";
import { gateUpCases, matmulCases, matmulQuantizedCases } from "./cases/matmul.js";
import { appendCacheCases, normHeadsCases, rmsNormCases, rotateAppendCases, rotateKeysCases } from "./cases/prefill.js";
import { prefillAttentionCases } from "./cases/prefill-attention.js";
import { readMemoryCases } from "./cases/read-memory.js";
import { sampleGreedyCases } from "./cases/sample-greedy.js";
import { sampleTopCases } from "./cases/sample-top.js";
import { scoreTokensCases } from "./cases/score-tokens.js";
import { shapeLogitsCases } from "./cases/shape-logits.js";
import { tellTokensCases } from "./cases/tell-tokens.js";
import { dequantizeMatrixCases, padRowsCases, reorderRowsCases } from "./cases/weight-files.js";

const ALL = [
  embedCases,
  decodeQkvCases,
  decodeNormHeadsCases,
  decodeAttentionCases,
  decodeGateUpCases,
  decodeAddCases,
  addNormedCases,
  decodeLogitsCases,
  decodeRowsCases,
  decodeIntegersCases,
  sampleGreedyCases,
  sampleTopCases,
  scoreTokensCases,
  shapeLogitsCases,
  tellTokensCases,
  rmsNormCases,
  normHeadsCases,
  rotateAppendCases,
  appendCacheCases,
  rotateKeysCases,
  matmulCases,
  matmulQuantizedCases,
  gateUpCases,
  prefillAttentionCases,
  dequantizeMatrixCases,
  padRowsCases,
  reorderRowsCases,
  readMemoryCases,
];

/** Cases of every kernel of models but ReAttention's, with sizes at the given edges. */
export const kernelCases = (edges: Edges): KernelCase[] => ALL.flatMap((cases) => cases(edges));

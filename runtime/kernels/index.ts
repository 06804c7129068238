/** The kernels of models, for their types: a bundle of them, loaded, checks every launch by its declaration. */

export * from "./decode-attention.kernel.js";
export * from "./decode-project.kernel.js";
export * from "./decode-rows.kernel.js";
export * from "./embed.kernel.js";
export * from "./experts-decode.kernel.js";
export * from "./experts-matmul.kernel.js";
export * from "./experts-route.kernel.js";
export * from "./experts-sort.kernel.js";
export * from "./matmul.kernel.js";
export * from "./matmul-quantized.kernel.js";
export * from "./prefill.kernel.js";
export * from "./prefill-attention.kernel.js";
export * from "./read-memory.kernel.js";
export * from "./reattention-attention.kernel.js";
export * from "./reattention-decide.kernel.js";
export * from "./reattention-decide-quantized.kernel.js";
export * from "./reattention-pick.kernel.js";
export * from "./reattention-pick-streamed.kernel.js";
export * from "./reattention-quantize.kernel.js";
export * from "./reattention-scan.kernel.js";
export * from "./reattention-scan-quantized.kernel.js";
export * from "./reattention-stream.kernel.js";
export * from "./reattention-vote.kernel.js";
export * from "./reattention-window.kernel.js";
export * from "./sample.kernel.js";
export * from "./weight-files.kernel.js";

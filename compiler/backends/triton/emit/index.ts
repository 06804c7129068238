export * from "./emit-triton.js";
export * from "./signature.js";

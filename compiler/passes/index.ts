export * from "./infer-types.js";

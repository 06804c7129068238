export * from "./fold-constants.js";
export * from "./infer-types.js";
export * from "./prune-branches.js";
export * from "./specialize.js";
export * from "./stored-kernel.js";
export * from "./verify.js";

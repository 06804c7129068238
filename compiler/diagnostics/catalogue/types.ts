/** Problems of types and shapes that inference finds: TS-K2xxx. */

export * from "./types/functions.js";
export * from "./types/memory.js";
export * from "./types/operands.js";
export * from "./types/products.js";
export * from "./types/shapes.js";
export * from "./types/statements.js";

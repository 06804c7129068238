export { abiOf, disagreement } from "./abi.js";
export * from "./manifest.js";
export * from "./read.js";

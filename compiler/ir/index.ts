export * from "./dim.js";
export * from "./dtype.js";
export * from "./kernel.js";
export * from "./span.js";
export * from "./type.js";

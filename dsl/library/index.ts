// Functions that are written in the language itself: the compiler takes them as it takes functions of a kernel's author.
export * from "./numbers.js";
export * from "./order.js";
export * from "./random.js";
export * from "./softmax.js";

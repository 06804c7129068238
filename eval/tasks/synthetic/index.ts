/** Questions that are made to a length, the same ones each time for the same seed. */

export { Draws } from "../../shared/draws.js";
export { filled, type Making, type Sample, tokensIn } from "./fill.js";

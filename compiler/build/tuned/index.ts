export * from "./file.js";
export { fingerprintOf } from "./kernel-fingerprint.js";
export { optionsOf } from "./options.js";
export { indexOf, winnersOf } from "./winners.js";

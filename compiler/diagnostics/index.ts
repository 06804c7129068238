export * from "../../dsl/closest.js";
export * from "./attempt.js";
export { CATALOGUE } from "./catalogue/index.js";
export * from "./diagnostic.js";
export * from "./json.js";
export * from "./merge.js";
export * from "./page.js";
export * from "./render.js";
export * from "./source-lines.js";

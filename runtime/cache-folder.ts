export { cacheFolder } from "../compiler/store/index.js";

// node --import …/typescript.mjs x.ts: runs TypeScript of the tests in a process of its own, with the product from dist/.
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);

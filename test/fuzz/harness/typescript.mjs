// node --import …/typescript.mjs x.ts: runs the TypeScript of this repository from its sources, as vitest does, in a process of its own.
import { register } from "node:module";

register("./typescript-hooks.mjs", import.meta.url);

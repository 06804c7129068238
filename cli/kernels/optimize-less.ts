import { setFlagsFromString } from "node:v8";

const LESS_INLINED = "--max-inlined-bytecode-size-cumulative=100";

/** By the version of Node: V8's flags are no interface, it writes an error where it does not know one, and each was measured there. */
const FLAGS: Readonly<Record<string, string>> = {
  20: `${LESS_INLINED} --interrupt-budget=130000`,
  22: `${LESS_INLINED} --invocation-count-for-turbofan=10000`,
  24: `${LESS_INLINED} --invocation-count-for-turbofan=30000`,
};

/**
 * For a process that ends with its answer: V8's optimizing compiler starts later, and copies less of what a function calls into it.
 * TypeScript's checker is large and each part of it runs for a moment; a third of all work would go into code that is hardly run any more.
 */
export function optimizeLess(): void {
  const { node, bun, deno } = process.versions;
  const flags = FLAGS[node.split(".")[0]!];
  // Those two say that they are some version of Node.
  if (flags !== undefined && bun === undefined && deno === undefined) setFlagsFromString(flags);
}

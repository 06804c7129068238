/** How GPU tests run the tiny models: what is built for them beforehand and what is loaded must be the same. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

/** Tokens of a prompt; from 128 on it takes other matrix products. */
export const PROMPTS = [40, 150];
export const STEPS = 16;

export interface FamilyRun {
  readonly attention: string;
  readonly context: number;
}

const DENSE: FamilyRun = { attention: "dense", context: 200 };
const WINDOWED: FamilyRun = {
  attention: "reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16",
  context: 2000,
};
/** Heads of 64 and of 256, layers that do not rotate, and layers with windows of their own. */
export const WINDOWED_MODELS: readonly string[] = ["llama", "smollm3", "gemma2", "gemma3"];

export const runsOf = (name: string): FamilyRun[] => (WINDOWED_MODELS.includes(name) ? [DENSE, WINDOWED] : [DENSE]);

// The same from the sources and from dist/.
const reference = (name: string) => {
  const here = fileURLToPath(import.meta.url);
  return join(here.slice(0, here.lastIndexOf("test/gpu")).replace(/dist\/$/, ""), "test/reference", name);
};

/** Runs one of the reference programs, which is given this many arguments. */
export const runReference = async (python: string, name: string, args: readonly string[]): Promise<string> =>
  (await execa(python, [reference(name), ...args], { maxBuffer: 1 << 28 })).stdout;

/** Writes the tiny models of every family; gives the names of the folders and GGUF files. */
export async function writeFamilies(python: string, folder: string): Promise<string[]> {
  await runReference(python, "make_tiny_models.py", ["--all", "--out", folder]);
  return readdirSync(folder).sort();
}

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../", import.meta.url);

export interface FoundTarget {
  /** The file's name without its ending. */
  readonly name: string;
  readonly path: string;
}

/** Every module in test/fuzz is a target; what they share is in its folders. */
export const findTargets = (): FoundTarget[] =>
  readdirSync(folder)
    .filter((file) => /\.m?[jt]s$/.test(file) && !/\.(?:test|d)\.m?ts$/.test(file))
    .sort()
    .map((file) => ({ name: file.replace(/\.m?[jt]s$/, ""), path: fileURLToPath(new URL(file, folder)) }));

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/**
 * Compares a text with a golden file beside the test. `UPDATE_GOLDEN=1` writes the file; without it a missing file fails.
 *
 * @example expectGolden(new URL("golden/matmul.triton.py", import.meta.url), text);
 */
export function expectGolden(file: URL, text: string): void {
  const path = fileURLToPath(file);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  if (!existsSync(path)) throw new Error(`${relative(process.cwd(), path)} is missing: UPDATE_GOLDEN=1 writes it`);
  expect(text).toBe(readFileSync(path, "utf8"));
}

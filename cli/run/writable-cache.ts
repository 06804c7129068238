import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, cacheProblem } from "../../compiler/cache/index.js";
import { colours } from "../report/colours.js";
import { InputError } from "../report/errors.js";

/** Where the kernel cache cannot be written to, a temporary one stands in for it until this process ends; stderr says so. */
export function ensureWritableCache(): void {
  const problem = cacheProblem();
  if (problem === undefined) return;
  const unusable = `the kernel cache in ${cacheFolder()} ${problem}`;
  let temporary: string;
  try {
    temporary = mkdtempSync(join(tmpdir(), "tilescript-cache-"));
  } catch (error) {
    throw new InputError(
      `${unusable}, nor can the temporary folder ${tmpdir()} (${(error as NodeJS.ErrnoException).code})`,
      "Set TILESCRIPT_CACHE to a folder that you may write to.",
    );
  }
  process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
  process.env.TILESCRIPT_CACHE = temporary;
  const warning = `${unusable}, so what is compiled now is not kept. Set TILESCRIPT_CACHE to another folder.`;
  process.stderr.write(`${colours(process.stderr).yellow("warning:")} ${warning}\n`);
}

/** Results on disk, written whole after every answer: a run that is killed has lost nothing but the answer under way. */

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { readText, writeWhole } from "../../runtime/files.js";
import { EvaluationError } from "../shared/errors.js";
import { locked } from "../shared/file-lock.js";
import { mergeResults } from "./merge-results.js";
import { emptyResults, type NiahIdentity, type NiahResults, niahResults } from "./results.js";

/**
 * Results to go on with: those in the file, or none. @throws EvaluationError where the file has something else, or results of another model, hay,
 * seed or length of answer
 */
export function continueResults(path: string, identity: NiahIdentity): NiahResults {
  if (!existsSync(path)) return emptyResults(identity);
  const found = readResults(path);
  const differs = Object.keys(identity).filter((key) => {
    const name = key as keyof NiahIdentity;
    return JSON.stringify(found[name]) !== JSON.stringify(niahResults.shape[name].parse(identity[name]));
  });
  if (differs.length === 0) return found;
  throw new EvaluationError(
    `${path} has results of another run: ${differs.map((key) => `${key} differs`).join(", ")}`,
    "Write into another folder, or give --fresh to replace them.",
  );
}

/** @throws EvaluationError for what is no file of results */
export function readResults(path: string): NiahResults {
  try {
    return niahResults.parse(JSON.parse(readText(path)));
  } catch (cause) {
    throw new EvaluationError(
      `${path} is no file of results that this version reads`,
      "Write into another folder, or give --fresh to replace it.",
      { cause },
    );
  }
}

/**
 * Writes results, with all that other runs have put into the file meanwhile, which is put into `results` too; `replace` drops what the file
 * has. @throws EvaluationError where the file has become something else, or of another run; errors of the file system as they are
 */
export function writeResults(
  path: string,
  results: NiahResults,
  { replace = false }: { readonly replace?: boolean } = {},
): void {
  mkdirSync(dirname(path), { recursive: true });
  locked(path, () => {
    if (!replace) {
      const { model, hay, seed, maxTokens } = results;
      mergeResults(results, continueResults(path, { model, hay, seed, maxTokens }));
    }
    writeWhole(path, `${JSON.stringify(results, null, 1)}\n`);
  });
}

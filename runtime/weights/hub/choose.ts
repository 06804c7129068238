/** Which files of a repository a reference means. */

import { chooseFolder, type GetFile, hasSafetensors } from "./choose-folder.js";
import { chooseGguf, described } from "./choose-gguf.js";
import { PullError } from "./errors.js";
import { ggufModels } from "./gguf-names.js";
import { type Reference, referenceText } from "./reference.js";
import type { ListedFile } from "./repo-file.js";

export interface Choice<File extends ListedFile> {
  readonly files: readonly File[];
  /** Path of the file to load, in the repository; undefined where it is the folder. */
  readonly entry: string | undefined;
  readonly quantization: string | undefined;
  /** What was taken of several, where the reference left that open. */
  readonly notice: string | undefined;
}

/** Asks for the folder where a repository has GGUF files too. */
const FOLDER = "safetensors";

/**
 * A repository with GGUF files gives one of them, another one its folder.
 *
 * @throws PullError that lists what there is
 */
export async function choose<File extends ListedFile>(
  files: readonly File[],
  reference: Reference,
  get: GetFile<File>,
): Promise<Choice<File>> {
  const { repo, variant } = reference;
  const models = ggufModels(files);
  const folder = variant?.toLowerCase() === FOLDER;
  if (models.length === 0 && variant !== undefined && !folder)
    throw new PullError("quantization-unknown", `${repo} has no GGUF files, so no ${variant} either`, {
      hint: hasSafetensors(files)
        ? `It has safetensors: ${referenceText(reference)}`
        : "Name a repository with GGUF files, whose names often end with -GGUF.",
    });
  if (models.length === 0 || folder)
    return {
      files: await chooseFolder(files, repo, get),
      entry: undefined,
      quantization: undefined,
      notice: undefined,
    };
  const model = chooseGguf(models, reference);
  const others = models.filter((other) => other !== model);
  const open = variant === undefined && others.length > 0;
  return {
    files: model.parts,
    entry: model.path,
    quantization: model.quantization,
    notice: open ? `Taking ${described(model)}; ${repo} also has ${others.map(described).join(", ")}` : undefined,
  };
}

import { basename } from "node:path/posix";
import { readIndex } from "../safetensors/shards.js";
import { PullError } from "./errors.js";
import type { ListedFile } from "./repo-file.js";

/** A model as Hugging Face keeps it: these files of a repository, and its weights. */
const NEEDED = ["config.json", "tokenizer.json"];
const WELCOME = [
  ...["generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"],
  "additional_chat_templates/tool_use.jinja",
];
const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Gets a small file, and gives where it lies on this disk. */
export type GetFile<File extends ListedFile> = (file: File) => Promise<string>;

export const hasSafetensors = (files: readonly ListedFile[]): boolean =>
  files.some(({ path }) => path === WEIGHTS || path === INDEX);

/**
 * The files of a model in safetensors, the weights last.
 *
 * @param get needed for the index of weights in several files only, which alone says how they are called
 * @throws PullError that says what is missing
 */
export async function chooseFolder<File extends ListedFile>(
  files: readonly File[],
  repo: string,
  get: GetFile<File>,
): Promise<File[]> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const lacking = NEEDED.filter((name) => !byPath.has(name));
  if (!hasSafetensors(files)) lacking.push(WEIGHTS);
  if (lacking.length > 0) throw new PullError("no-usable-files", `${repo} has no ${lacking.join(" and no ")}`);
  const present = [...NEEDED, ...WELCOME].flatMap((name) => byPath.get(name) ?? []);
  const whole = byPath.get(WEIGHTS);
  if (whole) return [...present, whole];
  const index = byPath.get(INDEX)!;
  const names = [...new Set([...readIndex(await get(index)).values()].map((path) => basename(path)))].sort();
  const shards = names.flatMap((name) => byPath.get(name) ?? []);
  if (shards.length < names.length)
    throw new PullError(
      "no-usable-files",
      `${repo} lacks weights that its ${INDEX} names: ${names.filter((name) => !byPath.has(name)).join(", ")}`,
    );
  return [...present, index, ...shards];
}

/** What the names of a repository's GGUF files say: quantisations, and which files are parts of one model. */

import { basename } from "node:path/posix";
import type { ListedFile } from "./repo-file.js";

/** One model in GGUF, in one file or split. */
export interface GgufModel<File extends ListedFile> {
  /** Path of the file, or of the first part. */
  readonly path: string;
  /** Upper-case, such as Q4_K_M or UD-Q4_K_XL; undefined where the name has none. */
  readonly quantization: string | undefined;
  /** In order; those that the repository has. */
  readonly parts: readonly File[];
  /** Names of parts that it lacks. */
  readonly missing: readonly string[];
  readonly bytes: number;
}

/** gguf-split's names: model-00001-of-00003.gguf. */
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;

/** Beside a language model: its projector for images, and measurements that its quantisation was made with. */
const SIDE_FILE = /mmproj|imatrix/i;

/** The last thing in a name that is a type of ggml or a mixture of them as llama.cpp calls it. */
const QUANTIZATION =
  /(?:^|[-._])((?:UD-)?(?:I?Q\d(?:_[0-9A-Z]+)*|TQ\d_\d|BF16|FP?16|FP?32|MXFP4(?:_MOE)?))(?=$|[-._])(?!.*[-._](?:I?Q\d|BF16|FP?16|FP?32|MXFP4))/i;

/** FP16 and f16 are the same thing to everyone but a comparison. */
export const normalized = (quantization: string): string => quantization.toUpperCase().replace(/^FP(?=16$|32$)/, "F");

export function quantizationOf(path: string): string | undefined {
  const stem = basename(path)
    .replace(PART, "$1.gguf")
    .replace(/\.gguf$/i, "");
  const found = QUANTIZATION.exec(stem)?.[1];
  return found === undefined ? undefined : normalized(found);
}

/** The language models among the files, in the order of their names. */
export function ggufModels<File extends ListedFile>(files: readonly File[]): GgufModel<File>[] {
  const groups = new Map<string, File[]>();
  for (const file of files.filter(({ path }) => /\.gguf$/i.test(path) && !SIDE_FILE.test(basename(path)))) {
    const key = file.path.replace(PART, "$1-*-of-$3.gguf");
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].map(modelOf).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function modelOf<File extends ListedFile>(files: readonly File[]): GgufModel<File> {
  const names = partNames(files[0]!.path);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const parts = names.flatMap((name) => byPath.get(name) ?? []);
  return {
    path: names[0]!,
    quantization: quantizationOf(names[0]!),
    parts,
    missing: names.filter((name) => !byPath.has(name)),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Paths of all parts of the model that a file is a part of. */
function partNames(path: string): string[] {
  const [, stem, , count] = PART.exec(path) ?? [];
  if (count === undefined || Number(count) === 0) return [path];
  const extension = path.slice(-".gguf".length);
  return Array.from(
    { length: Number(count) },
    (_, index) => `${stem}-${String(index + 1).padStart(5, "0")}-of-${count}${extension}`,
  );
}

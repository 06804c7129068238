import { basename } from "node:path/posix";
import { PullError } from "./errors.js";
import { type GgufModel, normalized } from "./gguf-names.js";
import { type Reference, referenceText } from "./reference.js";
import type { ListedFile } from "./repo-file.js";
import { sizeText } from "./size-text.js";

/** What is taken where nothing is asked for: small and good first, then what loses least, then whatever is there. */
const PREFERENCE = [
  ..."Q4_K_M Q8_0 Q6_K Q5_K_M Q4_K_S Q5_K_S Q4_K Q5_K Q4_1 Q4_0 Q5_1 Q5_0".split(" "),
  ..."BF16 F16 F32 MXFP4 IQ4_NL Q3_K_M Q3_K_L Q3_K_S Q3_K Q2_K".split(" "),
];

/** The model that a reference means. @throws PullError that lists what there is */
export function chooseGguf<File extends ListedFile>(
  models: readonly GgufModel<File>[],
  reference: Reference,
): GgufModel<File> {
  const { repo, variant } = reference;
  const found = variant === undefined ? preferred(models) : named(models, variant);
  const there = (some: readonly GgufModel<File>[]) => some.map(described).join(", ");
  const model = found[0];
  if (model === undefined && variant === undefined)
    throw new PullError("quantization-ambiguous", `${repo} has several models and none is named: ${there(models)}`, {
      hint: hintFor(reference, models),
    });
  if (model === undefined)
    throw new PullError("quantization-unknown", `${repo} has no ${variant}; it has ${there(models)}`, {
      hint: hintFor(reference, models),
    });
  if (found.length > 1)
    throw new PullError(
      "quantization-ambiguous",
      `${repo} has more than one ${variant ?? model.quantization}: ${found.map(({ path }) => path).join(", ")}`,
      { hint: `Name the file: ${found.map(({ path }) => referenceText(reference, path)).join(" or ")}` },
    );
  if (model.missing.length > 0)
    throw new PullError(
      "no-usable-files",
      `${repo} has not all parts of ${model.path}: ${model.missing.join(", ")} missing`,
      {
        hint: "Name another quantisation, or tell the repository's owner.",
      },
    );
  return model;
}

function preferred<File extends ListedFile>(models: readonly GgufModel<File>[]): readonly GgufModel<File>[] {
  if (models.length === 1) return models;
  for (const quantization of PREFERENCE) {
    const found = models.filter((model) => model.quantization === quantization);
    if (found.length > 0) return found;
  }
  return [];
}

/** A variant names a quantisation, with or without Unsloth's "UD-", or a file. */
function named<File extends ListedFile>(models: readonly GgufModel<File>[], variant: string): GgufModel<File>[] {
  const wanted = normalized(variant);
  const same = (text: string): boolean => text.toUpperCase() === wanted;
  const ways: readonly ((model: GgufModel<File>) => boolean)[] = [
    ({ parts }) => parts.some(({ path }) => path === variant),
    ({ quantization }) => quantization === wanted,
    ({ quantization }) => quantization === `UD-${wanted}`,
    ({ path, parts }) => parts.some((part) => same(part.path) || same(basename(part.path))) || same(path),
  ];
  return ways.map((way) => models.filter(way)).find((found) => found.length > 0) ?? [];
}

/** Q4_K_M (4.9 GB); the path of a model whose name has no quantisation. */
export const described = ({ quantization, path, bytes }: GgufModel<ListedFile>): string =>
  `${quantization ?? path} (${sizeText(bytes)})`;

function hintFor(reference: Reference, models: readonly GgufModel<ListedFile>[]): string {
  const [first] = models;
  return `Name one of these, such as ${referenceText(reference, first?.quantization ?? first?.path)}`;
}

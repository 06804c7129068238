/** A model of one GGUF file, or of several parts as llama.cpp's gguf-split writes them. */

import { basename } from "node:path";
import { ModelError } from "../errors.js";
import { type StoredTensor, type StoredTensors, storedTensors } from "../stored-tensors.js";
import { type Gguf, type OpenGgufOptions, openGguf } from "./index.js";
import type { GgufMetadata } from "./metadata.js";

/** One GGUF file, or all parts of a split one. */
export interface GgufCheckpoint extends StoredTensors {
  readonly kind: "gguf";
  /** Of the first part, which has all there is. */
  readonly metadata: GgufMetadata;
}

/** Opens the GGUF file at `path` and, where it is a part of a model, the other parts, which lie beside it. */
export function openGgufParts(path: string, options: OpenGgufOptions = {}): GgufCheckpoint {
  const parts: Gguf[] = [];
  const close = () => {
    for (const part of parts) part.close();
  };
  try {
    const given = openGguf(path, options);
    parts.push(given);
    if (given.metadata.count("split.count", 1) > 1) openOthers(parts, given, options);
    const byPath = new Map(parts.map((part) => [part.path, part]));
    return storedTensors(
      {
        path,
        tensors: gatherTensors(parts),
        bytes: (tensor, start, end) => byPath.get(tensor.file)!.bytes(tensor, start, end),
        stretch: (tensor, start, end) => byPath.get(tensor.file)!.stretch(tensor, start, end),
        close,
      },
      { kind: "gguf", metadata: parts[0]!.metadata },
    );
  } catch (error) {
    close();
    throw error;
  }
}

/** NAME-00002-of-00003.gguf: name, which, of how many; counted from 1, while the metadata counts from 0. */
const partName = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/** Replaces what is in `parts`, the part that was given, by all parts in order. */
function openOthers(parts: Gguf[], given: Gguf, options: OpenGgufOptions): void {
  const { number, count } = place(given);
  const [, prefix, named, of] = partName.exec(given.path) ?? [];
  if (prefix === undefined || Number(named) !== number + 1 || Number(of) !== count) {
    throw new ModelError("split-part", `this is part ${number + 1} of ${count}, but its name does not say so`, {
      file: given.path,
      hint: `Name the parts as gguf-split does: NAME-00001-of-${five(count)}.gguf and so on.`,
    });
  }
  const others = Array.from({ length: count }, (_, i) => `${prefix}-${five(i + 1)}-of-${five(count)}.gguf`);
  parts.pop();
  others.forEach((path, i) => {
    parts.push(i === number ? given : openPart(path, options));
    requireSameModel(parts[i]!, i, given);
  });
  requireAll(parts, given);
}

function openPart(path: string, options: OpenGgufOptions): Gguf {
  try {
    return openGguf(path, options);
  } catch (error) {
    if (!(error instanceof ModelError && error.code === "model-missing")) throw error;
    throw new ModelError("split-part", "this part of the model is missing", { file: path, cause: error });
  }
}

/** Parts tell their number and what all parts have in common; a first part may tell more. */
function requireSameModel(part: Gguf, number: number, given: Gguf): void {
  const wrong = (what: string) => new ModelError("split-part", what, { file: part.path });
  const [is, shall] = [place(part), place(given)];
  if (is.number !== number) throw wrong(`this says that it is part ${is.number + 1}, not part ${number + 1}`);
  if (is.count !== shall.count || is.tensors !== shall.tensors) {
    const model = ({ count, tensors }: Place) => `one of ${count} parts and ${tensors} tensors`;
    throw wrong(`this is a part of another model than ${basename(given.path)}: of ${model(is)}, not ${model(shall)}`);
  }
  for (const key of ["general.architecture", "general.name"]) {
    const [here, there] = [part.metadata.get(key), given.metadata.get(key)];
    if (here !== undefined && there !== undefined && here !== there)
      throw wrong(`this is a part of another model than ${basename(given.path)}: ${key} is ${here}, not ${there}`);
  }
}

function requireAll(parts: readonly Gguf[], given: Gguf): void {
  const got = parts.reduce((sum, part) => sum + part.tensors.size, 0);
  const { tensors } = place(given);
  if (got === tensors) return;
  throw new ModelError("split-part", `the parts have ${got} tensors, but the model is said to have ${tensors}`, {
    file: given.path,
  });
}

interface Place {
  /** Counted from 0. */
  readonly number: number;
  readonly count: number;
  /** Of the whole model. */
  readonly tensors: number;
}

const place = ({ metadata }: Gguf): Place => ({
  number: metadata.count("split.no", 0),
  count: metadata.count("split.count", 1),
  tensors: metadata.count("split.tensors.count"),
});

const five = (number: number) => String(number).padStart(5, "0");

function gatherTensors(parts: readonly Gguf[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const part of parts) {
    for (const tensor of part.tensors.values()) {
      const other = tensors.get(tensor.name);
      if (other) {
        const both = `tensor ${JSON.stringify(tensor.name)} is here and in ${basename(other.file)}`;
        throw new ModelError("gguf-duplicate", both, { file: part.path });
      }
      tensors.set(tensor.name, { ...tensor, file: part.path });
    }
  }
  return tensors;
}

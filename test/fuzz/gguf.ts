/** GGUF files of every family of models: headers, metadata, tensor infos and vocabularies, by structure and by bytes. */

import { truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { convert, ggufKeys, tinyModels, tinyWeights } from "../runtime/models/families/tiny-models.js";
import { bytesOnlyMetadata } from "../runtime/tokenizer/small-vocabulary.js";
import { array, ggufBytes, type TensorSpec, type Typed, text, u32 } from "../runtime/weights/write-gguf.js";
import { ggufTensors } from "../runtime/weights/write-models.js";
import { newFolder, writeAnew, writeAt } from "./harness/files.js";
import { byteEdits, editedBytes, hostileString } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";
import { useModel } from "./harness/use-model.js";

export const name = "gguf";

interface Base {
  readonly metadata: readonly (readonly [string, Typed])[];
  readonly tensors: readonly TensorSpec[];
  readonly dataBytes: number;
  /** Those whose values are looked at, with where they begin. */
  readonly values: readonly (readonly [at: number, Uint8Array])[];
}

const template =
  "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
const vocabulary = Object.fromEntries(
  bytesOnlyMetadata("gpt-2", ["hello", " wor"], { control: ["<s>", "<|im_start|>", "<|im_end|>", "</s>"] }),
);
const rows = (vocabulary["tokenizer.ggml.tokens"] as Typed & { value: readonly unknown[] }).value.length;

const models = Object.values(tinyModels);
const bases: Base[] = [];

/** A tiny model as a converter writes it, but with a vocabulary that takes any text: the embedding has as many rows. */
function baseOf(index: number): Base {
  const model = models[index]!;
  const size = { [`${model.architecture}.vocab_size`]: u32(rows) };
  const metadata = { ...ggufKeys(model, size), ...vocabulary, "tokenizer.chat_template": text(template) };
  const weights = convert(model, tinyWeights(model));
  for (const [name, { shape }] of weights)
    if (/^(?:token_embd|output)\.weight$/.test(name))
      weights.set(name, { shape: [rows, shape[1]!], data: new Float32Array(rows * shape[1]!) });
  const { tensors, data } = ggufTensors(weights);
  const factors = tensors.filter(({ name }) => name.startsWith("rope_")).map(({ offset }) => Number(offset));
  const values = factors.map((at) => [at, data.subarray(at, at + 32)] as const);
  return { metadata: Object.entries(metadata), tensors, dataBytes: data.length, values };
}

const scalar: fc.Arbitrary<Typed> = fc.oneof(
  fc.record({ type: fc.constant("u32" as const), value: fc.constantFrom(0, 1, 2, 3, 16, 255, 2 ** 31, 2 ** 32 - 1) }),
  fc.record({ type: fc.constant("i32" as const), value: fc.constantFrom(-1, 0, 5, -(2 ** 31), 2 ** 31 - 1) }),
  fc.record({ type: fc.constant("f32" as const), value: fc.constantFrom(-1, 0, 1e-38, 1e38, 0.5) }),
  fc.record({ type: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("string" as const), value: hostileString }),
  fc.record({ type: fc.constant("u8" as const), value: fc.nat({ max: 255 }) }),
  fc.record({ type: fc.constant("f64" as const), value: fc.constantFrom(-1, 1e300, 5e-324) }),
);
const list: fc.Arbitrary<Typed> = fc.oneof(
  fc.array(hostileString, { maxLength: 6 }).map((value) => array("string", value)),
  fc.array(fc.constantFrom(-1, 0, 1, 3, 6, 1 << 24), { maxLength: 6 }).map((value) => array("i32", value)),
  fc.array(fc.boolean(), { maxLength: 4 }).map((value) => array("bool", value)),
  fc.integer({ min: 1, max: 50 }).map((depth) => {
    let nested = array("u8", [1]);
    for (let i = 0; i < depth; i++) nested = array("array", [nested]);
    return nested;
  }),
);
const value = fc.oneof({ weight: 3, arbitrary: scalar }, list);
const at = fc.nat({ max: 500 });

type KeyEdit = { readonly at: number } & (
  | { readonly value: Typed }
  | { readonly remove: true }
  | { readonly twice: true }
  | { readonly key: string }
  | { readonly element: number; readonly to: string | number }
);
const keyEdit: fc.Arbitrary<KeyEdit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at, value }) },
  fc.record({ at, remove: fc.constant(true as const) }),
  fc.record({ at, twice: fc.constant(true as const) }),
  fc.record({ at, key: hostileString }),
  {
    weight: 3,
    arbitrary: fc.record({ at, element: at, to: fc.oneof(hostileString, fc.integer({ min: -9, max: 999 })) }),
  },
);

const dims = fc.array(fc.constantFrom(0, 1, 2, 16, 32, 96, 97, 2 ** 31, 2 ** 40, 2 ** 53 - 1), { maxLength: 6 });
type TensorEdit = { readonly at: number } & (
  | Partial<TensorSpec>
  | { readonly remove: true }
  | { readonly twice: true }
);
const tensorEdit: fc.Arbitrary<TensorEdit> = fc.oneof(
  fc.record({ at, dims }),
  fc.record({ at, type: fc.constantFrom(0, 1, 2, 3, 8, 12, 14, 20, 24, 30, 39, 99, 2 ** 32 - 1) }),
  fc.record({ at, offset: fc.constantFrom(0, 1, 32, 64, 2 ** 20, 2 ** 52, 2 ** 53 - 1) }),
  fc.record({ at, name: hostileString }),
  fc.record({ at, remove: fc.constant(true as const) }),
  fc.record({ at, twice: fc.constant(true as const) }),
);

const inputs = fc.record({
  base: fc.nat({ max: models.length - 1 }),
  keys: fc.array(keyEdit, { maxLength: 3 }),
  tensors: fc.array(tensorEdit, { maxLength: 2 }),
  bytes: byteEdits,
  /** Bytes of weights that are missing. */
  missing: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 1000 })),
});

function editKey(metadata: (readonly [string, Typed])[], edit: KeyEdit): void {
  const place = edit.at % metadata.length;
  const [key, typed] = metadata[place]!;
  if ("remove" in edit) metadata.splice(place, 1);
  else if ("twice" in edit) metadata.push([key, typed]);
  else if ("key" in edit) metadata[place] = [edit.key, typed];
  else if ("value" in edit) metadata[place] = [key, edit.value];
  else if (typed.type === "array" && typed.value.length > 0 && typeof typed.value[0] !== "object") {
    const elements = [...typed.value];
    const text = typed.of === "string";
    elements[edit.element % elements.length] = text ? String(edit.to) : typed.of === "bool" || Number(edit.to) || 0;
    metadata[place] = [key, array(typed.of, elements)];
  }
}

function editTensor(tensors: TensorSpec[], edit: TensorEdit): void {
  const place = edit.at % tensors.length;
  if ("remove" in edit) tensors.splice(place, 1);
  else if ("twice" in edit) tensors.push(tensors[place]!);
  else tensors[place] = { ...tensors[place]!, ...edit };
}

const path = join(newFolder(), "model.gguf");

export const { run, replay } = attempts({
  inputs,
  right: models.map((_, base) => ({ base, keys: [], tensors: [], bytes: [], missing: 0 })),
  refusals: ["ModelError"],
  async attempt({ base, keys, tensors, bytes, missing }) {
    bases[base] ??= baseOf(base);
    const spec = bases[base];
    const metadata = [...spec.metadata];
    for (const edit of keys) if (metadata.length > 0) editKey(metadata, edit);
    const infos = [...spec.tensors];
    for (const edit of tensors) if (infos.length > 0) editTensor(infos, edit);
    const header = editedBytes(ggufBytes({ metadata, tensors: infos }), bytes);
    writeAnew(path, header);
    for (const [at, bytes] of spec.values) writeAt(path, header.length + at, bytes);
    // The other weights are a hole in the file, which costs nothing.
    truncateSync(path, header.length + Math.max(0, spec.dataBytes - missing));
    await useModel(path);
  },
});

/** Folders of Hugging Face models of every family: config.json, generation_config.json, tokenizer_config.json and the tensors' shapes. */

import { truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { tinyModels, V } from "../runtime/models/families/tiny-models.js";
import { smallTokenizerJson } from "../runtime/tokenizer/hugging-face-fixtures.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { byteEdits, edited, editedBytes, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";
import { useModel } from "./harness/use-model.js";

export const name = "hugging-face-folder";

const models = Object.values(tinyModels);
const tokenizer = smallTokenizerJson("GPT-2") as { [key: string]: Json };
const vocabulary = Object.keys((tokenizer.model as { vocab: object }).vocab).length;
const added = (tokenizer.added_tokens as { id: number }[] | undefined) ?? [];
const rows = Math.max(vocabulary, ...added.map(({ id }) => id + 1));

const small: Readonly<Record<string, Json>> = {
  "generation_config.json": { bos_token_id: 1, eos_token_id: [2, 3], pad_token_id: 0, temperature: 0.6 },
  "tokenizer_config.json": {
    add_bos_token: false,
    eos_token: { content: Object.keys((tokenizer.model as { vocab: object }).vocab)[3]!, lstrip: false },
    chat_template: "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}",
    model_max_length: 2048,
  },
};

/** Shapes instead of offsets: they are laid out one behind the other. */
const shapesOf = (index: number): { [name: string]: Json } =>
  Object.fromEntries(
    Object.entries(models[index]!.tensors).map(([name, shape]) => [
      name,
      shape[0] === V ? [rows, ...shape.slice(1)] : [...shape],
    ]),
  );

const someEdits = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, jsonEdits);
const inputs = fc.record({
  model: fc.nat({ max: models.length - 1 }),
  config: fc.oneof({ weight: 4, arbitrary: jsonEdits }, fc.constant([])),
  generation: someEdits,
  tokenizer: someEdits,
  shapes: someEdits,
  bytes: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, byteEdits),
});

const folder = newFolder();
const at = (name: string): string => join(folder, name);
writeAnew(at("tokenizer.json"), JSON.stringify(tokenizer));

function writeWeights(shapes: Json): void {
  let offset = 0;
  const header = Object.fromEntries(
    Object.entries(shapes ?? {}).map(([name, shape]) => {
      const extents = Array.isArray(shape) ? shape.map((extent) => (typeof extent === "number" ? extent : 1)) : [];
      const bytes = 4 * extents.reduce((a, b) => a * b, 1);
      // What cannot be laid out is a fault of its own, which the target for safetensors looks for.
      const size = Number.isSafeInteger(bytes) && bytes >= 0 && bytes < 2 ** 24 ? bytes : 4;
      const start = offset;
      offset += size;
      return [name, { dtype: "F32", shape, data_offsets: [start, offset] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeAnew(at("model.safetensors"), Buffer.concat([length, json]));
  truncateSync(at("model.safetensors"), 8 + json.length + offset);
}

export const { run, replay } = attempts({
  inputs,
  right: models.map((_, model) => ({ model, config: [], generation: [], tokenizer: [], shapes: [], bytes: [] })),
  refusals: ["ModelError"],
  async attempt(input) {
    const config = edited(
      { ...(models[input.model]!.config as { [key: string]: Json }), vocab_size: rows },
      input.config,
    );
    writeAnew(at("config.json"), editedBytes(Buffer.from(JSON.stringify(config)), input.bytes));
    for (const [name, edits] of [
      ["generation_config.json", input.generation],
      ["tokenizer_config.json", input.tokenizer],
    ] as const)
      writeAnew(at(name), JSON.stringify(edited(small[name]!, edits)));
    writeWeights(edited(shapesOf(input.model), input.shapes));
    await useModel(folder);
  },
});

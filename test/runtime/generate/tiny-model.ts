import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CpuDevice } from "../../../runtime/device/cpu/index.js";
import { Model, type ModelOptions } from "../../../runtime/index.js";
import { atTheEnd } from "../../at-the-end.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { convert, ggufKeys, type TinyModel, tinyModels } from "../models/families/tiny-models.js";
import { array, text, u32 } from "../weights/write-gguf.js";
import { ggufModel, type Weights } from "../weights/write-models.js";

/** Letters, some of them together, which nothing encodes to, and the tokens that the chat template puts around messages. */
const TOKENS = [..."abcdefghijklm", "ab", "cd", "ef", "gh", "<u>", "<a>", "<e>"];
const TEMPLATE =
  "{% for m in messages %}{% if m.role == 'assistant' %}<a>{% else %}<u>{% endif %}{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";

/** The last of them ends an answer; the template's are from here on. */
const END = 19;
export const MARKS = 17;

/** A vocabulary of letters and a chat template, for models as small as their vocabulary. */
const keys = {
  "tokenizer.ggml.model": text("gpt2"),
  "tokenizer.ggml.pre": text("gpt-2"),
  "tokenizer.ggml.tokens": array("string", TOKENS),
  "tokenizer.ggml.token_type": array("i32", [...Array(17).fill(1), 3, 3, 3]),
  "tokenizer.ggml.merges": array("string", []),
  "tokenizer.ggml.eos_token_id": u32(END),
  "tokenizer.ggml.eot_token_id": u32(END),
  "tokenizer.chat_template": text(TEMPLATE),
};

/**
 * Random weights of the sizes that trained ones have, so that logits differ and depend on all that was read. The rows of the template's tokens are zero:
 * letters are likelier, but those are drawn now and then.
 */
function randomWeights({ tensors }: TinyModel): Map<string, Weights> {
  let state = 5;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return new Map(
    Object.entries(tensors).map(([name, shape]) => {
      const isVector = shape.length === 1;
      const [middle, spread] = isVector ? [name.endsWith("bias") ? 0 : 1, 0.4] : [0, 6 / Math.sqrt(shape.at(-1)!)];
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => middle + spread * next());
      if (/embed|lm_head|output\.weight/.test(name) && !isVector) data.fill(0, MARKS * shape[1]!);
      return [name, { shape, data }];
    }),
  );
}

/** Path of a model of a family as a GGUF file. */
export function tinyPath(family = "llama"): string {
  const model = tinyModels[family]!;
  const path = join(temporaryFolder("tiny-model"), "model.gguf");
  writeFileSync(path, ggufModel(ggufKeys(model, keys), convert(model, randomWeights(model))));
  return path;
}

/** A model of random weights that answers with letters; a step takes about a millisecond. */
export const loadTiny = (options: Partial<ModelOptions> = {}): Promise<Model> =>
  Model.load({ path: tinyPath(), device: "cpu", context: 512, beyondTrained: true, ...options });

/** The same where any two sequences take a step together, as on a GPU. */
export async function loadTogether(options: Partial<ModelOptions>): Promise<Model> {
  const device = await CpuDevice.open({ traits: { togetherFrom: 2 } });
  atTheEnd(() => device.close());
  return loadTiny({ ...options, device });
}

/** Ids of letters, the same for the same seed. */
export function promptOf(length: number, seed = length): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % 13;
  });
}

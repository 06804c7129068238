import { TileScriptError } from "../../dsl/errors.js";

/** What can be wrong with a model's files, as data: one code, one way out. */

const remedies = {
  "model-missing": "Check the path.",
  "model-folder":
    "Give the folder of a Hugging Face model (config.json and model.safetensors or its shards), or a .gguf file.",
  "download-incomplete": "Let the download finish, or start it again.",
  "split-part": "Put all parts of the model, of one and the same download, into one folder under their own names.",
  "json-invalid": "The file is damaged or was written by hand: download it again.",
  "file-unreadable": "Check that the path names a regular file and that you may read it.",
  "file-truncated": "The file is shorter than it says: download it again and compare its size with the source's.",
  "file-changed": "Let whatever writes it finish, then load it again.",
  "gguf-magic": "Give the path of a .gguf file.",
  "gguf-version": "Convert the model again with a current converter: versions 2 and 3 are read.",
  "gguf-endian": "Convert it to little-endian (gguf-convert-endian FILE little).",
  "gguf-limit": "No real model needs this much: the file is damaged or hostile, download it again.",
  "gguf-value": "The file is damaged or was written by a faulty converter: download or convert it again.",
  "gguf-duplicate": "The file was written by a faulty converter: convert it again.",
  "gguf-tensor-range": "The file is damaged or truncated: download it again and compare its size with the source's.",
  "weights-damaged": "The file is damaged: download it again and compare its checksum with the source's.",
  "no-numbers":
    "Load the model again, from a sound download. If it happens again, its values go beyond what bf16 holds or the program is at fault: report it with the model and the prompt.",
  "gguf-type":
    "Use a file quantised as F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS or MXFP4.",
  "safetensors-header": "The file is damaged or was written by a faulty program: download or convert it again.",
  "safetensors-tensor": "The file is damaged or was written by a faulty program: download or convert it again.",
  "tensor-missing": "The file is incomplete or of another architecture: use a complete conversion of the model.",
  "tensor-shape": "The tensors do not belong to the metadata: convert the model again.",
  "metadata-missing": "Convert the model again with a current converter, which writes this key.",
  "metadata-type": "Convert the model again with a current converter.",
  "metadata-value": "Convert the model again with a current converter.",
  "metadata-unsupported":
    "It would change what the model computes: use a model without it, or a newer version of this program.",
  "tensor-unsupported":
    "Leaving it out would change what the model computes: use a model without it, or a newer version of this program.",
  "model-too-large": "Use a smaller model, or a file with fewer bits a weight.",
  "architecture-unsupported": "Use a model of architecture llama (SmolLM2, Llama, Mistral).",
  "tokenizer-missing": "Download the model's tokenizer.json into its folder.",
  "tokenizer-unsupported":
    "Use a model whose tokenizer is byte-pair encoding: gpt2 (byte-level), llama (SentencePiece) or gemma4 in GGUF files.",
  "tokenizer-invalid": "Convert the model again with a current converter.",
  "tokenizer-limit":
    "A pattern of the model's tokenizer takes ever more time for long runs of one kind of character: break those runs up, or give a shorter text.",
  "token-range": "Pass only ids that this model's tokenizer produced.",
  "chat-template-missing":
    "Pass a plain prompt, or use an instruction-tuned model, whose file carries a chat template.",
  "chat-template-invalid": "The model's chat template cannot be used: pass a plain prompt instead.",
  "chat-template-refused":
    "Many templates want turns of user and assistant in alternation, after at most one system message.",
  "chat-template-limit":
    "No real template needs this much: the file is damaged or hostile. Download it again, or pass a plain prompt instead.",
  "chat-message": "Pass messages as { role, content } with role system, user, assistant or tool and content a string.",
} as const;

/** What is wrong with a model file, by name. */
export type ModelErrorCode = keyof typeof remedies;

export const modelErrorCodes = Object.keys(remedies) as ModelErrorCode[];

/** Where it is wrong, and the way out. */
export interface ModelErrorPlace {
  /** Path of the file at fault. */
  readonly file?: string;
  /** Byte in that file where the fault shows. */
  readonly offset?: number;
  /** Replaces the code's usual way out where a better one is known. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A model file, or what was asked of it, is unusable. The message names the place, the fault and the way out. */
export class ModelError extends TileScriptError {
  override readonly name = "ModelError";
  declare readonly code: ModelErrorCode;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  declare readonly hint: string;

  constructor(code: ModelErrorCode, what: string, place: ModelErrorPlace = {}) {
    const where = [place.file, place.offset === undefined ? undefined : `byte ${place.offset}`]
      .filter(Boolean)
      .join(", ");
    super(code, `${where ? `${where}: ` : ""}${what}`, { hint: place.hint ?? remedies[code], cause: place.cause });
    this.file = place.file;
    this.offset = place.offset;
  }
}

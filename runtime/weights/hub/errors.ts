import { TileScriptError } from "../../../dsl/errors.js";

/** What can go wrong between a reference and files on this disk, as data: one code, one way out. */

const remedies = {
  reference:
    "Write hf:OWNER/REPO, hf:OWNER/REPO:QUANT or hf:OWNER/REPO:QUANT@REVISION, such as hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M.",
  endpoint: "Set HF_ENDPOINT to an address such as https://huggingface.co, or unset it.",
  "repo-missing": "Check the owner and the name.",
  "repo-closed": "Set HF_TOKEN to a token that may read it.",
  "revision-missing": "Name a branch, a tag or a commit of the repository after the @, or leave it out for main.",
  "no-usable-files": "Name a repository with GGUF files, or with config.json, tokenizer.json and model.safetensors.",
  "quantization-unknown": "Name one of these.",
  "quantization-ambiguous": "Name one of these.",
  "file-missing": "Pull again: the repository may have changed meanwhile.",
  unreachable: "Check the network and HF_ENDPOINT; with HF_HUB_OFFLINE=1 only what is cached is used.",
  interrupted: "What has arrived is kept: run the same command again and it goes on from there.",
  answer:
    "Check that HF_ENDPOINT is the address of a Hugging Face Hub, and that no proxy or login page answers in its place.",
  checksum: "The damaged file is deleted: pull again. If it happens again, a proxy or the server alters the file.",
  "disk-full": "Free some space, or set HF_HOME to a folder on a larger disk.",
  "cache-unusable": "Set HF_HOME to a folder that you may write to.",
  "not-cached": "Unset HF_HUB_OFFLINE and pull it once with a network.",
} as const;

/** Why a model could not be pulled, by name. */
export type PullErrorCode = keyof typeof remedies;

/** The way out, and what lies behind it. */
export interface PullErrorDetails {
  /** Replaces the code's usual way out where a better one is known. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A model could not be pulled. The message says of what, why, and the way out; it never has the token in it. */
export class PullError extends TileScriptError {
  override readonly name = "PullError";
  declare readonly code: PullErrorCode;
  declare readonly hint: string;

  constructor(code: PullErrorCode, problem: string, { hint = remedies[code], cause }: PullErrorDetails = {}) {
    super(code, problem, { hint, cause });
  }
}

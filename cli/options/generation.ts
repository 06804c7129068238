import type { AttentionRequest } from "../../runtime/reattention/index.js";
import type { CliOption } from "../command.js";
import { attention } from "./attention.js";
import { number, positive, seed } from "./integers.js";
import { path, texts } from "./texts.js";

/** Options that `generate` and `chat` share. */
export interface GenerationOptions {
  readonly model?: string;
  readonly system?: string;
  readonly device?: "cpu" | "cuda";
  readonly bundle?: string;
  readonly context?: number;
  readonly attention?: AttentionRequest;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: string[];
}

export const generationOptions: readonly CliOption[] = [
  {
    flags: "-m, --model <path>",
    about:
      "a GGUF file, the folder of a Hugging Face model, or hf:OWNER/REPO[:QUANT], which is pulled first (default: $TILESCRIPT_MODEL, else the demo model of tilescript " +
      "pull demo)",
    parse: path,
  },
  { flags: "--system <text>", about: "system message" },
  { flags: "-d, --device <device>", about: "cpu or cuda (default: a GPU if there is one)", choices: ["cpu", "cuda"] },
  {
    flags: "-b, --bundle <folder>",
    about:
      "compiled kernels, as tilescript build --model makes them (default: the package's, and what is compiled when it is needed)",
    parse: path,
  },
  { flags: "-c, --context <tokens>", about: "room for prompt and answer, such as 2048 or 8k", parse: positive },
  {
    flags: "-a, --attention <mode>",
    about:
      "dense, streaming or reattention, the latter two with parameters if you like: reattention:global=32,local=2k,topK=4,span=32,clip=60,chunk=512 " +
      "(default: dense)",
    parse: attention,
  },
  { flags: "-n, --max-tokens <number>", about: "longest answer", parse: positive, default: 256 },
  {
    flags: "-t, --temperature <number>",
    about: "0 takes the likeliest token each time",
    parse: number((value) => value >= 0 && value <= 100, "a number from 0 to 100"),
  },
  { flags: "--top-k <number>", about: "choose among the k likeliest tokens", parse: positive },
  {
    flags: "--top-p <number>",
    about: "choose among the likeliest tokens that together have this probability",
    parse: number((value) => value > 0 && value <= 1, "a number above 0 and at most 1"),
  },
  { flags: "--seed <number>", about: "makes sampling repeatable", parse: seed },
  { flags: "--stop <text...>", about: "end the answer before any of these texts", parse: texts, repeatable: true },
];

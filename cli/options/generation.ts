import type { GenerateOptions } from "../../runtime/index.js";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import type { CliOption } from "../command.js";
import { attention } from "./attention.js";
import { devices } from "./devices.js";
import { number, positive, seed } from "./integers.js";
import { path, texts } from "./texts.js";

const penalty = number((value) => Math.abs(value) <= 100, "a number from -100 to 100");

/** Options that `generate` and `chat` share. */
export interface GenerationOptions {
  readonly model?: string;
  readonly system?: string;
  readonly device?: "cpu" | "cuda";
  readonly devices?: readonly number[] | readonly "cpu"[];
  readonly bundle?: string;
  readonly context?: number;
  readonly attention?: AttentionRequest;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly ignoreEos?: boolean;
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
    flags: "--devices <list>",
    about: "several that have one context together, instead: GPUs by their numbers, 0,1, or cpu,cpu",
    parse: devices,
  },
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
  {
    flags: "--min-p <number>",
    about: "choose among tokens that are at least this many times as likely as the likeliest",
    parse: number((value) => value >= 0 && value <= 1, "a number from 0 to 1"),
  },
  {
    flags: "--repetition-penalty <number>",
    about: "above 1 tokens of the prompt and the answer come less",
    parse: number((value) => value >= 0.01 && value <= 100, "a number from 0.01 to 100"),
  },
  {
    flags: "--presence-penalty <number>",
    about: "is taken off the logits of the answer's tokens, however often they have come",
    parse: penalty,
  },
  {
    flags: "--frequency-penalty <number>",
    about: "is taken off the logits of the answer's tokens for each time that they have come",
    parse: penalty,
  },
  { flags: "--ignore-eos", about: "go on to the longest answer, whatever the model says of an end" },
  { flags: "--seed <number>", about: "makes sampling repeatable", parse: seed },
  { flags: "--stop <text...>", about: "end the answer before any of these texts", parse: texts, repeatable: true },
];

/** What of them is of an answer, as the runtime takes it. */
export const answerOptions = (options: GenerationOptions): GenerateOptions => ({
  ...{ maxTokens: options.maxTokens, temperature: options.temperature, topK: options.topK, topP: options.topP },
  ...{ minP: options.minP, repetitionPenalty: options.repetitionPenalty, presencePenalty: options.presencePenalty },
  ...{ frequencyPenalty: options.frequencyPenalty, ignoreEos: options.ignoreEos, seed: options.seed },
  stop: options.stop,
});

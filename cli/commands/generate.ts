import { command } from "../command.js";
import { type GenerationOptions, generationOptions } from "../options/generation.js";
import { number } from "../options/integers.js";
import { path } from "../options/texts.js";

interface Options extends GenerationOptions {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly json?: boolean;
  readonly logprobs?: number;
}

export default command<Options>({
  name: "generate",
  usage: "",
  summary: "Answer one prompt with a language model.",
  about:
    "The prompt goes through the model's chat template. Without --prompt and --prompt-file it is read from stdin. The answer is streamed to " +
    "stdout; device and speed go to stderr. On a terminal its control characters are shown as signs (␛); files and pipes get every byte.",
  options: [
    { flags: "-p, --prompt <text>", about: "the prompt" },
    { flags: "-f, --prompt-file <file>", about: "read the prompt from a file", parse: path, conflicts: ["prompt"] },
    ...generationOptions,
    { flags: "--json", about: "print one object at the end: text, tokens, promptTokens, device, timings" },
    {
      flags: "--logprobs <number>",
      about: "with --json: log probabilities of each token and of this many likeliest ones, 0 to 20",
      parse: number((value) => Number.isInteger(value) && value >= 0 && value <= 20, "a whole number from 0 to 20"),
    },
  ],
  examples: [
    'tilescript generate --prompt "What is the capital of France?" --temperature 0',
    "git diff | tilescript generate --system 'Summarise this diff.' --max-tokens 1k",
    'tilescript generate --model model.gguf --prompt "Hello" --json',
  ],
  async run({ options, signal }) {
    const { generate } = await import("../generate/generate.js");
    return generate({ ...options, signal });
  },
});

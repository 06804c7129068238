import { command } from "../command.js";
import { type GenerationOptions, generationOptions } from "../options/generation.js";

export default command<GenerationOptions>({
  name: "chat",
  usage: "",
  summary: "Talk with a language model.",
  about:
    "Type a message and press Enter. Ctrl-C stops an answer; /clear forgets the conversation; /exit or Ctrl-D ends it. On a terminal " +
    "control characters of an answer are shown as signs (␛).",
  options: generationOptions,
  examples: [
    "tilescript chat",
    "tilescript chat --model model.gguf --system 'You answer in rhymes.' --temperature 0.8",
  ],
  async run({ options, signal }) {
    const { chat } = await import("../generate/chat.js");
    return chat({ ...options, signal });
  },
});

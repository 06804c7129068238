import { command } from "../command.js";
import { type GenerationOptions, generationOptions } from "../options/generation.js";

export default command<GenerationOptions>({
  name: "chat",
  usage: "",
  summary: "Talk with a language model.",
  about:
    'Type a message and press Enter; one of several lines stands between """ and """. Ctrl-C stops an answer; /context tells how much room is ' +
    "left, /save FILE and /load FILE keep a conversation, /clear forgets it, /help lists all, and /exit or Ctrl-D ends. On a terminal control " +
    "characters of an answer are shown as signs (␛).",
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

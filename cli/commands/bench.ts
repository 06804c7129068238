import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { command } from "../command.js";
import { atLeastTwo, counts, folder, lengths, misused, type Task } from "../options/bench.js";
import { positive } from "../options/integers.js";
import { attentions, contexts } from "../options/niah.js";
import { path } from "../options/texts.js";

interface Options {
  readonly model?: string;
  readonly device?: "cpu" | "cuda";
  readonly lengths?: readonly number[];
  readonly dense?: readonly number[];
  readonly decodeOnly?: readonly number[];
  readonly attention?: readonly AttentionRequest[];
  readonly fresh?: boolean;
  readonly prefill?: number;
  readonly decode?: number;
  readonly depth?: number;
  readonly sessions?: readonly number[];
  readonly peer: boolean;
  readonly exactness: boolean;
  readonly out: string;
  readonly json?: boolean;
}

export default command<Options>({
  name: "bench",
  usage: "<task>",
  choices: ["long-context", "retrieval", "model", "sessions", "step"],
  summary: "Measure this machine's GPU: long contexts, retrieval, or a model's speed.",
  about:
    "long-context measures time to first token, time per token and memory by length of the context, dense attention beside ReAttention; says from " +
    "which length on ReAttention is faster; and draws both times with rooflines, which come from what the device's memory and matrix units were " +
    "measured to give. Every row is written as it comes. Rows of an earlier run with the same device, commit and model stay in the table, so that " +
    "a long one can be added by a second call.\n\n" +
    "retrieval measures ReAttention's kernels, and compares picks with float64. model measures prefill and decode in tokens a second. Both measure " +
    "another program beside ours, torch or transformers, where the Python that $TILESCRIPT_PEER_PYTHON names (default: python3) has it.\n\n" +
    "sessions measures how many tokens a second come of several answers at once, together. step measures a decode step by its kernels: what the " +
    "step would take less without each, what each takes alone, and apart, where none begins before the one ahead of it has ended.",
  options: [
    {
      flags: "-m, --model <file>",
      about:
        "long-context, model, sessions, step: a GGUF file, or hf:OWNER/REPO[:QUANT], which is pulled first (default: $TILESCRIPT_MODEL, else the demo model of " +
        "tilescript pull demo)",
      parse: path,
    },
    {
      flags: "-d, --device <device>",
      about: "cuda, or cpu to try a command (default: cuda)",
      choices: ["cpu", "cuda"],
    },
    {
      flags: "-l, --lengths <list>",
      about:
        "long-context, retrieval: tokens such as 8k,1M, or none (default: 8k,32k,128k,512k,1M; with --decode-only none; of retrieval 128k,1M; much " +
        "less with --device cpu)",
      parse: lengths,
    },
    {
      flags: "--dense <list>",
      about: "long-context: lengths for dense attention, or none (default: as --lengths)",
      parse: lengths,
    },
    {
      flags: "--decode-only <list>",
      about:
        "long-context: lengths whose cache is filled with numbers instead of by a prompt, which takes long; their rows have no first token",
      parse: contexts,
    },
    {
      flags: "-a, --attention <mode>",
      about:
        "long-context: reattention or streaming, with parameters if you like; repeat it to compare (default: reattention with the paper's); step: " +
        "one of them (default: dense)",
      parse: attentions,
      repeatable: true,
    },
    { flags: "--fresh", about: "long-context: replace the rows of earlier runs" },
    {
      flags: "--prefill <tokens>",
      about: "model: tokens of the prompt (default: 8k; 128 with --device cpu)",
      parse: positive,
    },
    {
      flags: "--decode <tokens>",
      about: "model, sessions: tokens of an answer (default: 256; 8 with --device cpu)",
      parse: atLeastTwo,
    },
    { flags: "--depth <tokens>", about: "step: tokens in the cache (default: 256)", parse: positive },
    {
      flags: "--sessions <list>",
      about: "sessions: how many answers at once, such as 1,8 (default: 1,4,16,64; 1,4 with --device cpu)",
      parse: counts,
    },
    { flags: "--no-peer", about: "retrieval, model, sessions: do not measure torch or transformers" },
    { flags: "--no-exactness", about: "retrieval: do not compare picks with float64" },
    { flags: "-o, --out <folder>", about: "where results go", default: "bench-results", parse: folder },
    { flags: "--json", about: "print the results as one object instead of a table" },
  ],
  examples: [
    "tilescript bench long-context",
    "tilescript bench long-context --lengths 4M --dense none      # adds a row to the table",
    "tilescript bench long-context --decode-only 2M,4M            # steps alone, without reading a prompt",
    "tilescript bench long-context --device cpu --lengths 256,512 # tries the command without a GPU",
    "tilescript bench retrieval --lengths 128k,1M",
    "tilescript bench model --prefill 8k --decode 256",
    "tilescript bench sessions --sessions 1,16",
    "tilescript bench step --depth 8k",
  ],
  async run({ args, options, signal }) {
    const task = args[0] as Task;
    const problem = misused(task, { ...options });
    if (problem !== undefined) {
      process.stderr.write(`error: ${problem}\n(tilescript bench --help shows how)\n`);
      return 2;
    }
    if (task === "long-context") {
      const { benchLongContext } = await import("../bench/long-context.js");
      return benchLongContext({ ...options, signal });
    }
    const { benchModel, benchRetrieval, benchSessions, benchStep } = await import("../bench/model.js");
    const tasks = { model: benchModel, retrieval: benchRetrieval, sessions: benchSessions, step: benchStep };
    await tasks[task]({ ...options, signal });
    return 0;
  },
});

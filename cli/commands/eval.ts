import { command } from "../command.js";
import type { EvalNiahRequest } from "../eval/niah.js";
import { count, positive } from "../options/integers.js";
import { attentions, contexts, depths } from "../options/niah.js";
import { folder, path } from "../options/texts.js";

type Options = Omit<EvalNiahRequest, "signal" | "context" | "depth"> &
  Partial<Pick<EvalNiahRequest, "context" | "depth">>;

export default command<Options>({
  name: "eval",
  usage: "<task>",
  choices: ["niah"],
  summary: "Measure what a model can do; niah: find a needle in a haystack.",
  about:
    "niah hides a sentence with a number in a long text and asks for the number, at every depth of every context. Answers are kept in OUT/niah.json " +
    "as they come: the same command goes on where it was stopped. OUT/niah.svg and OUT/niah.png show them as a heat map, one panel an attention " +
    "mode: the share of right answers in percent, and where there is retrieval, how many layers had the whole needle in their window when the " +
    "question's last chunk was read. An answer may be right where none had: layers may have had parts of the needle, and chunks before that one " +
    "and each token of the answer have windows of their own. Exit code 1: a question that was asked has no answer.",
  options: [
    {
      flags: "-m, --model <file>",
      about:
        "a GGUF file, or hf:OWNER/REPO[:QUANT], which is pulled first (default: $TILESCRIPT_MODEL, else the demo model of tilescript " +
        "pull demo)",
      parse: path,
    },
    { flags: "-d, --device <device>", about: "cpu or cuda (default: a GPU if there is one)", choices: ["cpu", "cuda"] },
    {
      flags: "-c, --context <list>",
      about: "tokens of prompt and answer, such as 8k,32k,1M (default: 2k,4k,8k)",
      parse: contexts,
    },
    {
      flags: "--depth <list>",
      about: "where the needle is, in percent: 0..100:10 or 0,50,100 (default: 0..100, in quarters)",
      parse: depths,
    },
    {
      flags: "-a, --attention <mode>",
      about:
        "dense, streaming or reattention, the latter two with parameters if you like; repeat it to compare modes (default: all three, with " +
        "the paper's parameters)",
      parse: attentions,
      repeatable: true,
    },
    { flags: "--needles <number>", about: "needles a cell, each asked for on its own", parse: positive, default: 3 },
    {
      flags: "--prefix <which>",
      about: "ask with the beginning of the answer, which small models need, without it, or both",
      choices: ["both", "with", "without"],
      default: "both",
    },
    {
      flags: "--hay <file>",
      about: "a text file to hide needles in, repeated where it is too short (default: noise)",
      parse: path,
    },
    { flags: "--seed <number>", about: "another seed gives other needles", parse: count, default: 0 },
    { flags: "-n, --max-tokens <number>", about: "longest answer", parse: positive, default: 48 },
    { flags: "-o, --out <folder>", about: "where results go", default: "niah", parse: folder },
    { flags: "--fresh", about: "replace earlier results in that folder instead of going on with them" },
    { flags: "--json", about: "print the results as one object instead of tables" },
  ],
  examples: [
    "tilescript eval niah --context 8k,32k,128k,1M --depth 0..100",
    "tilescript eval niah --context 16k --attention dense --attention reattention:global=32,local=2k,topK=4,span=32,clip=60",
    "tilescript eval niah --hay bible.txt --context 128k --depth 0,50,100 --needles 5 --prefix with --out results/bible",
    "tilescript eval niah --json | jq '.cells[] | { attention, context, depth, accuracy }'",
  ],
  async run({ options, signal }) {
    const { evalNiah } = await import("../eval/niah.js");
    return evalNiah({ context: [2048, 4096, 8192], depth: [0, 25, 50, 75, 100], ...options, signal });
  },
});

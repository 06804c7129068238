import { command } from "../command.js";
import type { EvalNiahRequest } from "../eval/niah.js";
import type { EvalPerplexityRequest } from "../eval/perplexity.js";
import type { EvalTasksRequest } from "../eval/tasks.js";
import { inapplicable } from "../options/applicable.js";
import { count, positive } from "../options/integers.js";
import { attentions, contexts, depths, items } from "../options/niah.js";
import { isMade, MADE, TASK_SETS, type TaskSet } from "../options/task-sets.js";
import { folder, path, pathTo } from "../options/texts.js";

type Options = Partial<Omit<EvalNiahRequest & EvalTasksRequest & EvalPerplexityRequest, "signal" | "file">>;

const NIAH = ["niah"];
const PERPLEXITY = ["perplexity"];
const ASKING = [...NIAH, ...PERPLEXITY, ...TASK_SETS];
const REPORT = "report";

/** Which tasks an option is for; those that are not here are for all. */
const TASKS_OF: Readonly<Record<string, readonly string[]>> = {
  context: [...NIAH, ...PERPLEXITY, ...MADE],
  depth: [...NIAH, "needlebench"],
  needles: NIAH,
  prefix: NIAH,
  hay: [...NIAH, "ruler"],
  seed: [...NIAH, ...MADE],
  samples: MADE,
  pieces: PERPLEXITY,
  maxTokens: NIAH,
  ...{ model: ASKING, device: ASKING, bundle: ASKING, attention: ASKING, out: ASKING, fresh: ASKING, json: ASKING },
  data: TASK_SETS,
  tasks: TASK_SETS,
  limit: TASK_SETS,
  maxLength: TASK_SETS,
};

/** What says how questions are made: nothing where they are read. */
const MAKING = { context: MADE, seed: MADE, samples: MADE };

/** What niah asks where nothing else is said. */
const USUAL = {
  context: [2048, 4096, 8192],
  depth: [0, 25, 50, 75, 100],
  needles: 3,
  prefix: "both",
  seed: 0,
  maxTokens: 48,
  out: "niah",
} as const;

/** What perplexity reads where nothing else is said. */
const USUALLY_READ = { context: [1024, 2048, 4096, 8192], pieces: 1, out: "perplexity" } as const;

export default command<Options>({
  name: "eval",
  usage: "<task> [path]",
  choices: [...ASKING, REPORT],
  summary:
    "Measure what a model can do: find a needle in a haystack, published task sets, bits a byte of a text, and a page of results.",
  about:
    "niah hides a sentence with a number in a long text and asks for the number, at every depth of every context. Answers are kept in OUT/niah.json " +
    "as they come: the same command goes on where it was stopped. OUT/niah.svg and OUT/niah.png show them as a heat map, one panel an attention " +
    "mode: the share of right answers in percent, and where there is retrieval, how many layers had the whole needle in their window when the " +
    "question's last chunk was read. An answer may be right where none had: layers may have had parts of the needle, and chunks before that one " +
    "and each token of the answer have windows of their own. leval, longbench, longbench-e, longbench2 and babilong ask the questions of their published files, leval-opencompass and longbench-opencompass as the paper of ReAttention did; infinitebench, ruler and " +
    "needlebench make theirs, to every length of --context. Answers are judged as published: each mode's means with intervals of 95 %, and how far they are from " +
    "the first mode's on the same questions. They are kept in OUT/TASK.jsonl. perplexity FILE reads a text and says how many bits the model needs for a byte of it, " +
    "by the position: --context says where parts end, each mode reads the same pieces. It reads as prompts are read, so in reattention the tokens of a chunk choose " +
    "what they see together, and those behind a token have a say in it; the smaller the chunk, the less (reattention:chunk=16). " +
    "report FOLDER writes FOLDER/report.html, a page of all results in that folder and below. Exit code 1: a question that was asked has no answer.",
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
      flags: "-b, --bundle <folder>",
      about:
        "compiled kernels, as tilescript build --model makes them (default: the package's, and what is compiled when it is needed)",
      parse: path,
    },
    {
      flags: "-c, --context <list>",
      about:
        "niah and questions that are made: tokens of prompt and answer, such as 8k,32k,1M (default: 2k,4k,8k for niah, 4k for the others); " +
        "perplexity: where parts of the text end (default: 1k,2k,4k,8k)",
      parse: contexts,
    },
    {
      flags: "--depth <list>",
      about:
        "niah, needlebench: where the needle is, in percent: 0..100:10 or 0,50,100 (default: 0..100, in quarters for niah, in tenths for needlebench)",
      parse: depths,
    },
    {
      flags: "-a, --attention <mode>",
      about:
        "dense, streaming or reattention, the latter two with parameters or a preset if you like, such as reattention:preset=8k,tail=16; repeat it to " +
        "compare modes (default: all three, with the paper's parameters)",
      parse: attentions,
      repeatable: true,
    },
    {
      flags: "--needles <number>",
      about: "niah: needles a cell, each asked for on its own (default: 3)",
      parse: positive,
    },
    {
      flags: "--prefix <which>",
      about: "niah: ask with the beginning of the answer, which small models need, without it, or both (default: both)",
      choices: ["both", "with", "without"],
    },
    {
      flags: "--hay <file>",
      about: "niah, ruler: a text file to hide needles in, repeated where it is too short (default: noise)",
      parse: path,
    },
    {
      flags: "--seed <number>",
      about: "niah and questions that are made: another seed gives others (default: 0)",
      parse: count,
    },
    { flags: "-n, --max-tokens <number>", about: "niah: longest answer (default: 48)", parse: positive },
    {
      flags: "--data <folder>",
      about:
        "task sets: the folder of the published files; ruler needs it for qa alone, infinitebench asks those files instead of its own questions",
      parse: pathTo("a folder"),
    },
    {
      flags: "--samples <number>",
      about: "questions that are made: how many of each task and length (default: 10)",
      parse: positive,
    },
    {
      flags: "--pieces <number>",
      about: "perplexity: how many pieces of the text are read, each as long as the largest --context (default: 1)",
      parse: positive,
    },
    {
      flags: "--tasks <list>",
      about:
        "task sets: some of the tasks, such as tpo,gsm100 (default: all whose files are there; of longbench2 its questions without longbench-v2-cot)",
      parse: items,
    },
    { flags: "--limit <number>", about: "task sets: questions of each task at the most", parse: positive },
    {
      flags: "--max-length <tokens>",
      about:
        "task sets: the longest prompt with its answer; longer documents are cut (default: what the model was trained for with dense attention, " +
        "whole documents with the others, and where questions are made; 31500 at the most for those of opencompass)",
      parse: positive,
    },
    { flags: "-o, --out <folder>", about: "where results go (default: the name of the task)", parse: folder },
    { flags: "--fresh", about: "replace earlier results in that folder instead of going on with them" },
    { flags: "--json", about: "print the results as one object instead of tables" },
  ],
  examples: [
    "tilescript eval niah --context 8k,32k,128k,1M --depth 0..100",
    "tilescript eval niah --context 16k --attention dense --attention reattention:global=32,local=2k,topK=4,span=32,clip=60",
    "tilescript eval niah --hay bible.txt --context 128k --depth 0,50,100 --needles 5 --prefix with --out results/bible",
    "tilescript eval ruler --context 64k --attention reattention:preset=8k --attention reattention:preset=8k,tail=16",
    "tilescript eval leval --data LEval-data --tasks quality,tpo --attention dense --attention reattention",
    "tilescript eval ruler --context 4k,32k,128k --samples 20 --attention reattention",
    "tilescript eval perplexity book.txt --context 8k,32k,128k --attention dense --attention reattention",
    "tilescript eval report leval",
    "tilescript eval niah --json | jq '.cells[] | { attention, context, depth, accuracy }'",
  ],
  async run({ args, options, signal }) {
    const [task, given] = args as [string, string?];
    const isReport = task === REPORT;
    const reads = PERPLEXITY.includes(task);
    const problem =
      inapplicable("eval", task, options, TASKS_OF) ??
      (task === "infinitebench" && !isMade(task, options)
        ? inapplicable("eval", `${task} --data`, options, MAKING)
        : undefined) ??
      (isReport && given === undefined ? "eval report needs the folder of the results" : undefined) ??
      (reads && given === undefined ? "eval perplexity needs the file of a text" : undefined) ??
      (!isReport && !reads && given !== undefined ? `eval ${task} takes no folder but by --out or --data` : undefined);
    if (problem !== undefined) {
      process.stderr.write(`error: ${problem}\n(tilescript eval --help shows how)\n`);
      return 2;
    }
    if (isReport) {
      const { evalReport } = await import("../eval/report.js");
      return evalReport(given!);
    }
    if (task === "niah") {
      const { evalNiah } = await import("../eval/niah.js");
      return evalNiah({ ...USUAL, ...options, signal });
    }
    if (reads) {
      const { evalPerplexity } = await import("../eval/perplexity.js");
      return evalPerplexity({ ...USUALLY_READ, ...options, file: given!, signal });
    }
    const { evalTasks } = await import("../eval/tasks.js");
    return evalTasks(task as TaskSet, { out: task, ...options, signal });
  },
});

import { describe, expect, it } from "vitest";
import {
  type Answerer,
  EvaluationError,
  emptyResults,
  Hay,
  type NiahPlan,
  type NiahProgress,
  type NiahResults,
  noise,
  type OpenAnswerer,
  PromptBuilder,
  runNiah,
} from "../../eval/niah/index.js";
import { type AttentionOptions, attentionText } from "../../runtime/reattention/index.js";
import { smallTokenizer } from "./small-tokenizer.js";

const tokenizer = smallTokenizer();
const hay = await Hay.encode(noise, tokenizer, { atLeast: 5000 });
const prompts = new PromptBuilder(tokenizer, hay, { chat: true });

const streaming: AttentionOptions = { kind: "streaming", global: 4, local: 1000, chunk: 16 };
const plan: NiahPlan = {
  attentions: [{ kind: "dense" }],
  contexts: [800, 1600],
  depths: [0, 50, 100],
  needles: 2,
  prefixes: [true, false],
};

const fresh = (): NiahResults =>
  emptyResults({
    model: { name: "small", file: "small.gguf", bytes: 1, layers: 2, trainedContext: 1000 },
    hay: { name: hay.name, sha256: hay.sha256 },
    seed: 7,
    maxTokens: 40,
  });

/** Reads the number out of the prompt's text, as far as it sees it. */
const reader =
  (sees: (text: string) => string = (text) => text): Answerer["answer"] =>
  async (prompt, { onPrefill }) => {
    onPrefill?.(prompt.length >> 1, prompt.length);
    const text = sees(tokenizer.decode(prompt));
    return { text: /is: (\d{7})\./.exec(text)?.[1] ?? "I do not know." };
  };

/** Opens readers, and writes down for which contexts. */
function readers(answer: Answerer["answer"] = reader()): {
  open: OpenAnswerer;
  opened: number[];
  closed: () => number;
} {
  const opened: number[] = [];
  let closed = 0;
  return {
    opened,
    closed: () => closed,
    open: async (_, context) => {
      opened.push(context);
      return {
        answer,
        close: () => {
          closed++;
        },
      };
    },
  };
}

const runsOf = ({ cells }: NiahResults) => cells.flatMap((cell) => cell.runs.map((run) => ({ ...cell, ...run })));

describe("a run", () => {
  it("asks every question once, with one model for all contexts", async () => {
    const results = fresh();
    const { open, opened, closed } = readers();
    await runNiah({ plan, prompts, results, open });
    expect(results.cells.map(({ context, depth }) => `${context}/${depth}`)).toEqual([
      "800/0",
      "800/50",
      "800/100",
      "1600/0",
      "1600/50",
      "1600/100",
    ]);
    const runs = runsOf(results);
    expect(runs).toHaveLength(2 * 3 * 2 * 2);
    expect(runs.every(({ right, answer, number }) => right && answer === number)).toBe(true);
    expect(
      runs.every(({ promptTokens, context, prefix }) =>
        prefix ? promptTokens === context - 40 : promptTokens < context - 40,
      ),
    ).toBe(true);
    expect(results.cells.every(({ accuracy }) => accuracy.withPrefix === 1 && accuracy.withoutPrefix === 1)).toBe(true);
    expect(opened).toEqual([1600]);
    expect(closed()).toBe(1);
  });

  it("scores what a model sees of the text", async () => {
    const results = fresh();
    const { open } = readers(reader((text) => text.slice(text.length / 2)));
    await runNiah({ plan: { ...plan, depths: [0, 25, 100] }, prompts, results, open });
    const at = (wanted: number) =>
      results.cells.filter(({ depth }) => depth === wanted).map(({ accuracy }) => accuracy.withPrefix);
    expect([at(0), at(25), at(100)]).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(runsOf(results)[0]!.answer).toBe("I do not know.");
  });

  it("opens a model for each attention mode, and names it with its parameters", async () => {
    const results = fresh();
    const modes: string[] = [];
    const { open } = readers();
    await runNiah({
      plan: { ...plan, attentions: [{ kind: "dense" }, streaming], contexts: [800], depths: [50], needles: 1 },
      prompts,
      results,
      open: (attention, context) => {
        modes.push(attentionText(attention));
        return open(attention, context);
      },
    });
    expect(modes).toEqual(["dense", "streaming:global=4,local=1000,chunk=16"]);
    expect(results.cells.map(({ attention }) => attention)).toEqual(modes);
  });

  it("asks in an order in which prompts begin alike", async () => {
    const asked: (readonly number[])[] = [];
    const answer: Answerer["answer"] = (prompt, question) => {
      asked.push(prompt);
      return reader()(prompt, question);
    };
    await runNiah({ plan: { ...plan, contexts: [1600] }, prompts, results: fresh(), open: readers(answer).open });
    const shared = asked.slice(1).map((prompt, index) => {
      const before = asked[index]!;
      const until = prompt.findIndex((token, at) => token !== before[at]);
      return (until < 0 ? prompt.length : until) / prompt.length;
    });
    // Every second prompt is the beginning of the one before it, and none has to be read whole at the end of the text.
    expect(shared.filter((share) => share === 1)).toHaveLength(6);
    expect(Math.min(...shared.slice(-3))).toBeGreaterThan(0.7);
  });

  it("tells how far it is, and how long it takes", async () => {
    const events: NiahProgress[] = [];
    await runNiah({ plan, prompts, results: fresh(), open: readers().open, onProgress: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ attention: "dense", context: 800, depth: 0, done: 0, total: 24, read: 0 });
    expect(events.at(-1)).toMatchObject({ context: 1600, depth: 100, done: 23, total: 24 });
    expect(events.at(-1)!.read).toBeGreaterThan(700);
    expect(events.slice(3).every(({ remainingMs }) => remainingMs! >= 0)).toBe(true);
  });

  it("refuses a context that is too short before it asks anything", async () => {
    const { open, opened } = readers();
    const job = { plan: { ...plan, contexts: [50, 800] }, prompts, results: fresh(), open };
    await expect(runNiah(job)).rejects.toThrow(EvaluationError);
    expect(opened).toEqual([]);
  });
});

describe("a run that goes on", () => {
  it("asks only what has no answer, and what failed", async () => {
    const results = fresh();
    const stop = new AbortController();
    let count = 0;
    const job = { plan, prompts, results, signal: stop.signal };
    const stopping = runNiah({
      ...job,
      open: readers().open,
      onResult: () => {
        if (++count === 5) stop.abort(new Error("killed"));
      },
    });
    await expect(stopping).rejects.toThrow("killed");
    expect(runsOf(results)).toHaveLength(5);
    const first = results.cells[0]!;
    const { right: _, answer: __, ...lost } = first.runs[0]!;
    first.runs[0] = { ...lost, error: "out of memory" };

    const asked: unknown[] = [];
    await runNiah({ plan, prompts, results, open: readers().open, onResult: (cell) => asked.push(cell.depth) });
    expect(asked).toHaveLength(24 - 4);
    expect(asked[0]).toBe(0);
    expect(runsOf(results).every(({ right, error }) => right && error === undefined)).toBe(true);

    const { open, opened } = readers();
    await runNiah({ plan, prompts, results, open });
    expect(opened).toEqual([]);
    await runNiah({ plan: { ...plan, needles: 3, contexts: [800] }, prompts, results, open });
    expect(opened).toEqual([800]);
    expect(runsOf(results)).toHaveLength(24 + 6);
  });

  it("stops within an answer, without writing it down as a failure", async () => {
    const results = fresh();
    const stop = new AbortController();
    const answer: Answerer["answer"] = (_, { signal }) =>
      new Promise((_, reject) => {
        signal!.addEventListener("abort", () => reject(signal!.reason));
        stop.abort(new Error("enough"));
      });
    const { open, closed } = readers(answer);
    await expect(runNiah({ plan, prompts, results, open, signal: stop.signal })).rejects.toThrow("enough");
    expect(runsOf(results)).toEqual([]);
    expect(closed()).toBe(1);
  });
});

describe("failures", () => {
  it("of one question leave the others, and a new model answers them", async () => {
    const results = fresh();
    let count = 0;
    const { open, opened, closed } = readers((prompt, question) => {
      if (++count === 3) throw new Error("out of memory: 4096 tokens fit");
      return reader()(prompt, question);
    });
    await runNiah({ plan: { ...plan, contexts: [800] }, prompts, results, open });
    const failed = runsOf(results).filter(({ error }) => error !== undefined);
    expect(failed).toMatchObject([{ depth: 0, needle: 1, prefix: true, error: "out of memory: 4096 tokens fit" }]);
    expect(failed[0]).not.toHaveProperty("right");
    expect(runsOf(results).filter(({ right }) => right)).toHaveLength(11);
    expect(results.cells[0]!.accuracy).toEqual({ withPrefix: 1, withoutPrefix: 1 });
    expect(opened).toEqual([800, 800]);
    expect(closed()).toBe(2);
  });

  it("to open a model for a long context leave the shorter ones", async () => {
    const results = fresh();
    const tried: number[] = [];
    const { open } = readers();
    await runNiah({
      plan: { ...plan, contexts: [800, 1200, 1600], depths: [50], needles: 1 },
      prompts,
      results,
      open: async (attention, context) => {
        tried.push(context);
        if (context > 1000) throw new Error(`no memory for ${context}`);
        return open(attention, context);
      },
    });
    expect(tried).toEqual([1600, 1200, 800]);
    expect(runsOf(results).map(({ context, right, error }) => [context, right, error])).toEqual([
      [800, true, undefined],
      [800, true, undefined],
      [1200, undefined, "no memory for 1200"],
      [1200, undefined, "no memory for 1200"],
      [1600, undefined, "no memory for 1600"],
      [1600, undefined, "no memory for 1600"],
    ]);
  });

  it("of a model that took all memory for the longest context make room for the next", async () => {
    const results = fresh();
    const { open, opened } = readers();
    await runNiah({
      plan: { ...plan, contexts: [800, 1600], depths: [50], needles: 1 },
      prompts,
      results,
      open: async (attention, context) => {
        const model = await open(attention, context);
        if (context <= 1000) return model;
        return { ...model, answer: () => Promise.reject(new Error("no scratch memory")) };
      },
    });
    expect(opened).toEqual([1600, 800]);
    expect(runsOf(results).map(({ context, error }) => [context, error])).toEqual([
      [800, undefined],
      [800, "no scratch memory"],
      [1600, "no scratch memory"],
      [1600, "no scratch memory"],
    ]);
  });
});

/** Every family, format and odd size on the CPU executor: logits and greedy tokens against a plain decoder in numpy, which reads the same files. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { Model, type ModelOptions } from "../../runtime/models/model.js";
import type { Reference } from "../reference/answer.js";
import { compareLogits, FARTHEST } from "./compare-logits.js";
import { askReference, familyNames, promptOf, writeEveryFamily, writeTinyModels } from "./tiny-models.js";

const STEPS = 8;
/** From 128 tokens on, prompts take other matrix products, and more than one chunk on this device. */
const PROMPTS = [promptOf(40), promptOf(150)];
const [FEW, MANY] = PROMPTS as [number[], number[]];
const SHORT = promptOf(20);

/** In one format at least, so in both where a loader has something of its own to do. */
const DENSE = [
  ...[
    "llama",
    "llama.gguf",
    "llama-linear.gguf",
    "llama3",
    "llama3.gguf",
    "llama3-new",
    "llama-yarn",
    "llama-bias.gguf",
  ],
  ...["smollm3", "mistral.gguf", "qwen2", "qwen2.gguf", "qwen2-wide.gguf", "qwen2-window", "qwen3", "qwen3.gguf"],
  ...[
    "internlm2.gguf",
    "phi3",
    "phi3.gguf",
    "phi3-window",
    "gemma2.gguf",
    "gemma2-scalar",
    "gemma3",
    "gemma3.gguf",
    "gemma3-new",
  ],
];
const EXPERTS = ["qwen3moe", "qwen3moe.gguf", "qwen3moe-raw", "mixtral", "mixtral.gguf"];

/** Scalings that depend on the context: the whole prompt in one of just its length, or what fits the window that they leave alone. */
const STRETCHED: readonly [name: string, prompt: readonly number[], context: number][] = [
  ["llama-dynamic", SHORT, 32],
  ["llama-dynamic", FEW, 40],
  ["llama-dynamic", MANY, 150],
  ["internlm2", FEW, 64],
  ["internlm2", MANY, 150],
  ["phi3.gguf", SHORT, 32],
];

/** A model with options of make_tiny_models.py. */
interface Made {
  readonly family: string;
  readonly options: string;
}

// Blocks of 256 weights need widths that they divide.
const BLOCKS = "--heads 4/2 --hidden 256 --feed-forward 512";
const FORMATS: readonly Made[] = [
  ...["f16", "f32", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl", "mxfp4"].map((type) => `--type ${type}`),
  ...["q4_k", "q5_k", "q6_k", "q2_k", "q3_k"].map((type) => `--type ${type} ${BLOCKS}`),
].map((options) => ({ family: "llama", options }));
/** q, k and v of several formats in a layer. */
const MIXED: readonly Made[] = [
  { family: "llama", options: `--type q4_k ${BLOCKS} --set types={"attn_v":"q6_k"}` },
  { family: "qwen2", options: '--type q5_0 --set types={"attn_v":"q8_0"}' },
  { family: "qwen3", options: '--type q8_0 --set types={"attn_k":"q4_1"}' },
  { family: "llama", options: '--type q4_0 --set types={"attn_q":"bf16","attn_v":"f16"}' },
];
const SIZES: readonly Made[] = [
  { family: "llama", options: "--hidden 100 --heads 3/1 --head-size 64 --type f16" },
  { family: "llama", options: "--hidden 36 --heads 3/3 --head-size 64 --feed-forward 100 --type f32" },
  { family: "llama", options: "--hidden 100 --heads 7/1 --head-size 64 --feed-forward 100" },
  { family: "llama", options: "--heads 16/1 --type q8_0" },
  { family: "llama", options: "--heads 1/1 --head-size 112 --hidden 96" },
  { family: "qwen2-wide", options: "--heads 14/2 --type q8_0" },
  { family: "llama-bias", options: "--feed-forward 100 --type f16" },
  { family: "phi3", options: "--feed-forward 100" },
  { family: "gemma3", options: "--heads 3/3 --type q4_0" },
  { family: "gemma2", options: "--hidden 36 --feed-forward 100 --type f16" },
];
const MADE = [...FORMATS, ...MIXED, ...SIZES];

const STREAMING = "streaming:global=4,local=32,chunk=16";
const REATTENTION = "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=16";
const WINDOWED = ["smollm3", "gemma2", "gemma3-new", "qwen2-window"];

let root = "";
let device: CpuDevice;
const total = { equal: 0, compared: 0 };

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "tiny-models-"));
  device = await CpuDevice.open();
  await writeEveryFamily(root);
  await writeTinyModels([
    ...MADE.map((made) => ({ folder: folderOf(made), ...made })),
    { folder: join(root, "split"), family: "llama", options: "--split 3" },
  ]);
}, 60_000);
afterAll(() => {
  device?.close();
  rmSync(root, { recursive: true, force: true });
});

const folderOf = (made: Made) => join(root, `made-${MADE.indexOf(made)}`);

async function withModel(options: Omit<ModelOptions, "device">, use: (model: Model) => Promise<void>): Promise<void> {
  const model = await Model.load({ context: 170, beyondTrained: true, ...options, device });
  try {
    await use(model);
  } finally {
    model.close();
  }
}

async function expectAgreement(model: Model, reference: Reference, pieces?: readonly number[]): Promise<void> {
  const { farthest, equal, wrong } = await compareLogits(model, reference, pieces);
  const prompt = `a prompt of ${reference.tokens.length} in ${(pieces ?? [1]).length}`;
  expect(wrong, prompt).toBeUndefined();
  expect(farthest, prompt).toBeLessThan(FARTHEST);
  total.equal += equal;
  total.compared += STEPS;
}

/** References of several models at a time: starting Python once for each would take longer than what it computes. */
function referencesOf(names: () => readonly string[], request: Parameters<typeof askReference>[1]) {
  let asked: Promise<Reference[]> | undefined;
  return async (path: string) => {
    asked ??= askReference(names(), request);
    return (await asked).filter(({ model }) => model === path);
  };
}

describe("dense attention", () => {
  const references = referencesOf(() => DENSE.map((name) => join(root, name)), { prompts: PROMPTS, greedy: STEPS });

  it.each(DENSE)("%s", async (name) => {
    const path = join(root, name);
    const both = await references(path);
    expect(both).toHaveLength(PROMPTS.length);
    await withModel({ path }, async (model) => {
      for (const reference of both) await expectAgreement(model, reference);
      // Pieces end within windows and chunks.
      await expectAgreement(model, both[1]!, [50, 100]);
    });
  });

  const stretched = referencesOf(() => [...new Set(STRETCHED.map(([name]) => join(root, name)))], {
    prompts: [SHORT, FEW, MANY],
    greedy: STEPS,
  });

  it.each(STRETCHED)("%s, whose angles follow from the context: %#", async (name, prompt, context) => {
    const path = join(root, name);
    const reference = (await stretched(path)).find(({ tokens }) => tokens.length === prompt.length);
    // A cache has one set of angles, the reference one for each length: they agree as long as those are the same.
    const steps = prompt.length === context ? 1 : STEPS;
    const { greedy, gaps } = reference!;
    await withModel({ path, context }, (model) =>
      expectAgreement(model, { ...reference!, greedy: greedy.slice(0, steps), gaps: gaps.slice(0, steps) }),
    );
  });

  it("leaves no family out", async () => {
    const tested = [...DENSE, ...EXPERTS, ...STRETCHED.map(([name]) => name)].map((name) => basename(name, ".gguf"));
    expect(new Set(tested)).toEqual(new Set(await familyNames()));
  });
});

describe("mixtures of experts", () => {
  const references = referencesOf(() => EXPERTS.map((name) => join(root, name)), { draw: [40, 150], greedy: STEPS });

  it.each(EXPERTS)("%s", async (name) => {
    const path = join(root, name);
    const both = await references(path);
    expect(both).toHaveLength(2);
    await withModel({ path }, async (model) => {
      for (const reference of both) await expectAgreement(model, reference);
    });
  });
});

describe("windowed attention", () => {
  const paths = () => WINDOWED.map((name) => join(root, name));
  // 24 tokens are seen whole, 37 are one more than that.
  const streamed = { prompts: [promptOf(24), promptOf(37), MANY], greedy: STEPS, attention: STREAMING };
  const references: Readonly<Record<string, ReturnType<typeof referencesOf>>> = {
    [STREAMING]: referencesOf(paths, streamed),
    [REATTENTION]: referencesOf(paths, { prompts: [promptOf(12)], draw: [60], greedy: STEPS, attention: REATTENTION }),
  };

  it.each(WINDOWED.flatMap((name) => [STREAMING, REATTENTION].map((mode) => [name, mode])))(
    "%s, %s",
    async (name, attention) => {
      const path = join(root, name!);
      const all = await references[attention!]!(path);
      expect(all.length).toBeGreaterThan(1);
      // Of a context beyond what the model was trained for, no window has the positions.
      await withModel({ path, attention, context: 2000 }, async (model) => {
        for (const reference of all) await expectAgreement(model, reference);
      });
    },
  );

  const wide = ["phi3-window", "llama3"];
  const dense = referencesOf(() => wide.map((name) => join(root, name)), {
    prompts: [promptOf(10), FEW],
    greedy: STEPS,
  });

  it.each([STREAMING, REATTENTION])("is dense where the window holds everything: %s", async (attention) => {
    const [path, other] = wide.map((name) => join(root, name)) as [string, string];
    const few = (await dense(path))[1]!;
    await withModel({ path, attention }, (model) => expectAgreement(model, few));
    const short = (await dense(other))[0]!;
    await withModel({ path: other, attention }, (model) => expectAgreement(model, short));
  });
});

describe("formats and sizes", () => {
  const files = (made: Made) => [join(folderOf(made), "model.gguf"), join(folderOf(made), "model")];
  // The folders of all formats are the same bf16.
  const paths = () => [...[...FORMATS, ...MIXED].map((made) => files(made)[0]!), ...SIZES.flatMap(files)];
  const references = referencesOf(paths, { prompts: PROMPTS, greedy: STEPS });

  const agrees = async (path: string) => {
    const both = await references(path);
    expect(both).toHaveLength(PROMPTS.length);
    await withModel({ path }, async (model) => {
      for (const reference of both) await expectAgreement(model, reference);
    });
  };

  const named = (made: Made): [string, Made] => [`${made.family} ${made.options}`, made];

  it.each([...FORMATS, ...MIXED].map(named))("%s", (_, made) => agrees(files(made)[0]!));

  it.each(SIZES.map(named))("%s", async (_, made) => {
    for (const path of files(made)) await agrees(path);
  });

  it("a file split in three is the whole", async () => {
    const [reference] = await askReference([join(root, "split/model")], { prompts: [FEW], greedy: STEPS });
    const parts = [1, 2].map((part) => join(root, `split/model-0000${part}-of-00003.gguf`));
    for (const path of parts) await withModel({ path }, (model) => expectAgreement(model, reference!));
  });
});

it("was sure of most tokens", () => {
  expect(total.equal / total.compared).toBeGreaterThan(0.9);
});

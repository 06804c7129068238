/*
 * Which builds a model needs: those that its own passes launch. They are run once with kernels that note what they are asked for instead of
 * running, over buffers that are not there, so that what is compiled and what is launched cannot differ.
 */

import { Allocations } from "../device/allocations.js";
import type { Arguments, Device, DeviceBuffer, Graph, GrowableBuffer, Mirror } from "../device/device.js";
import { compileOptions, type LaunchOptions } from "../kernels/compile-options.js";
import { PRODUCT_ROWS } from "../kernels/linear/product-tiles.js";
import type { ModelKernels } from "../kernels/loaded.js";
import { type DealtLayout, dryShare } from "../parallel/dry-share.js";
import type { Checkpoint } from "../weights/index.js";
import { decoderOf } from "./assemble.js";
import { rowsFor } from "./batch.js";
import type { ModelConfig } from "./config.js";
import { manyRows } from "./experts.js";
import type { LayersOptions } from "./layers.js";
import { MANY_TOKENS } from "./products.js";
import type { ModelSequence } from "./runner.js";
import { NO_SHAPING } from "./shaping.js";
import { WeightsUpload } from "./upload.js";
import type { WeightsPlan } from "./weights-plan.js";

type ConstValue = number | boolean | string;

/** A build that is needed: a kernel, its constants, and what its type parameters stand for. */
export interface NeededBuild {
  readonly kernel: string;
  readonly constants: Readonly<Record<string, ConstValue>>;
  readonly dtypes: Readonly<Record<string, "f16" | "bf16" | "f32">>;
  readonly options: LaunchOptions;
}

/** In capitals too, and no constants: the type parameter of the model kernels, and sizes of products. What a kernel does not have is ignored. */
const OTHERS: ReadonlySet<string> = new Set(["T", "M", "K", "F"]);

/** Constants are written in capitals. */
export const isConstant = (name: string): boolean => /^[A-Z]+\d?$/.test(name) && !OTHERS.has(name);

/** Notes the builds that are launched. */
export class BuildRecorder {
  readonly #builds = new Map<string, NeededBuild>();
  /** Stands for the loaded kernels. */
  readonly kernels = new Proxy({} as ModelKernels, {
    get: (_, kernel) => ({ launch: (_grid: unknown, args: Arguments) => this.#note(String(kernel), args) }),
  });

  get builds(): NeededBuild[] {
    return [...this.#builds.values()];
  }

  #note(kernel: string, args: Arguments): void {
    const chosen = Object.entries(args).filter(([name]) => isConstant(name));
    const constants = Object.fromEntries(chosen.sort(([a], [b]) => (a < b ? -1 : 1))) as NeededBuild["constants"];
    const dtypes = (args.T === undefined ? {} : { T: args.T }) as NeededBuild["dtypes"];
    const options = compileOptions(kernel, constants);
    this.#builds.set(JSON.stringify([kernel, constants, dtypes]), { kernel, constants, dtypes, options });
  }
}

class DryBuffer implements GrowableBuffer, Mirror {
  readonly address = 0n;
  readonly host = new ArrayBuffer(256);
  readonly device: Device;
  readonly bytes: number;

  constructor(device: Device, bytes: number) {
    this.device = device;
    this.bytes = bytes;
  }

  get capacity(): number {
    return this.bytes;
  }
  get committed(): number {
    return this.bytes;
  }
  view(byteOffset: number, bytes = this.bytes - byteOffset): DeviceBuffer {
    return new DryBuffer(this.device, bytes);
  }
  grow(): void {}
  free(): void {}
  copyFrom(): void {}
  arrived(): Promise<void> {
    return Promise.resolve();
  }
  [Symbol.dispose](): void {}
}

/** What of a device decides how it is worked with. */
export type DeviceKind = Pick<Device, "kind" | "name" | "arch" | "processors" | "traits">;

/** A device of the same kind on which nothing happens. */
export function dryDevice({ kind, name, arch, processors, traits }: DeviceKind): Device {
  const nothing = async (): Promise<void> => {};
  const graph: Graph = { replay() {}, launches: 0, destroy() {}, [Symbol.dispose]() {} };
  const device: Device = {
    ...{ kind, name, arch, processors, traits },
    memory: () => ({ total: Number.MAX_SAFE_INTEGER, free: Number.MAX_SAFE_INTEGER }),
    alloc: (bytes) => new DryBuffer(device, bytes),
    reserve: (bytes) => new DryBuffer(device, bytes),
    mirror: (bytes) => new DryBuffer(device, bytes),
    write: nothing,
    upload: nothing,
    read: nothing,
    copy() {},
    fill() {},
    load: () => Promise.reject(new Error("a dry device has no kernels")),
    capture: (record) => {
      record();
      return graph;
    },
    time: async () => 0,
    synchronize: nothing,
    closed: false,
    close() {},
    [Symbol.dispose]() {},
  };
  return device;
}

export interface DryRunOptions extends Omit<LayersOptions, "share"> {
  /** Where one sequence is dealt to several ranks. */
  readonly dealt?: DealtLayout | undefined;
  readonly checkpoint: Checkpoint;
  readonly config: ModelConfig;
  readonly plan: WeightsPlan;
}

const GREEDY = { temperature: 0, topK: 1, topP: 1, seed: 0 };
const SAMPLED = { ...GREEDY, temperature: 1 };
const SHAPED = { ...GREEDY, shaping: { ...NO_SHAPING, logprobs: 0 } };

/**
 * Every build that a model launches on a device such as `like`, for contexts up to the capacity, or for these prompts alone: so many tokens
 * behind so many others.
 */
export async function neededBuilds(
  like: DeviceKind,
  options: DryRunOptions,
  prompts: Iterable<readonly [past: number, count: number]> = everyWay(like, options, options.config),
): Promise<NeededBuild[]> {
  const recorder = new BuildRecorder();
  const device = dryDevice(like);
  const memory = new Allocations(device);
  const { kernels } = recorder;
  const { checkpoint } = options;
  const { config, plan } = oneOfEachKind(options);
  const weights = await new WeightsUpload({ device, memory, kernels }, checkpoint, config).run(plan);
  // Angles are not needed.
  const none = { cosine: memory.alloc(0), sine: memory.alloc(0), rotaryRow: 1 };
  const rotaries = { ropes: config.ropes.map(() => none), none };
  const share = options.dealt && dryShare(device, kernels, options.dealt);
  const decoder = decoderOf({ device, memory, kernels, config, weights }, { ...options, share }, rotaries);
  const runner = decoder.sequence();
  for (const sampling of [GREEDY, SAMPLED, SHAPED]) {
    await runner.prefill([0], 0, sampling);
    runner.step();
  }
  await runner.scores(runner.chunks(0, 1)[0]!, [0], [0]);
  for (const [past, count] of prompts) await runner.prefill(new Array<number>(count).fill(0), past, GREEDY);
  if (decoder.batch)
    for (let rows = 2; rows <= rowsFor(options.sequences ?? 1); rows *= 2) {
      await decoder.batch.arrange(new Array<ModelSequence>(rows).fill(runner));
      decoder.batch.step();
    }
  return recorder.builds;
}

/** The model with one layer of each kind: the others launch the same. */
function oneOfEachKind({ checkpoint, config, plan }: DryRunOptions): { config: ModelConfig; plan: WeightsPlan } {
  const typesOf = (part: unknown): unknown =>
    JSON.stringify(part, (key, value) =>
      key === "order" ? value !== undefined : key === "tensor" ? checkpoint.tensor(value as string).type : value,
    );
  const kinds = new Map<unknown, number>();
  for (const [index, layer] of plan.layers.entries())
    kinds.set(`${config.layerKinds[index]!.window} ${typesOf(layer)}`, index);
  const kept = [...kinds.values()];
  return {
    config: { ...config, layers: kept.length, layerKinds: kept.map((index) => config.layerKinds[index]!) },
    plan: { ...plan, layers: kept.map((index) => plan.layers[index]!) },
  };
}

/**
 * Prompts that go every way there is: few tokens, as many rows of tiles as a chunk may have, on which the tiles of its products depend, and
 * chunks that select behind pasts of every length.
 */
function* everyWay(
  { traits }: DeviceKind,
  { attention, capacity }: LayersOptions,
  { experts }: ModelConfig,
): Generator<[number, number]> {
  const routed = experts ? [manyRows(experts)] : [];
  // The first count of as many rows of tiles: the last one may be more than a context has.
  const tiles = (most: number) => steps(PRODUCT_ROWS + 1, most, PRODUCT_ROWS);
  const counts = (most: number) => [...FEW, MANY_TOKENS - 1, MANY_TOKENS, ...routed, ...tiles(most)];
  for (const count of new Set(counts(traits.promptTokens))) if (count < capacity) yield [0, count];
  if (attention.kind === "dense") return;
  const { global, local, chunk } = attention;
  const most = Math.max(chunk, traits.windowedTokens);
  for (const count of counts(most)) if (global + local + count <= capacity) yield [global + local, count];
  for (let past = global + local; past < capacity; past = Math.ceil(past * 1.1) + 1)
    for (const count of new Set([1, chunk, most])) if (past + count <= capacity) yield [past, count];
}

/** Twice as many tokens each: their votes are counted apart where there are few of them, and narrowed first where there are many. */
const FEW = [1, 2, 4, 8, 16, 32, 64];

const steps = (from: number, to: number, by: number): number[] =>
  Array.from({ length: Math.max(0, Math.floor((to - from) / by) + 1) }, (_, index) => from + index * by);

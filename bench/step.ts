/** What a decode step is made of: its kernels one by one, and all of them, with dependent launches and without. */

import type { Arguments, Device, DeviceBuffer } from "../runtime/device/device.js";
import { openDevice } from "../runtime/device/open.js";
import { assembleDecoder } from "../runtime/models/assemble.js";
import { contextFor } from "../runtime/models/context.js";
import { isConstant, neededBuilds } from "../runtime/models/dry-run.js";
import { loadKernels } from "../runtime/models/kernel-bundle.js";
import { type ModelFiles, openModelFiles } from "../runtime/models/load.js";
import type { ModelSequence } from "../runtime/models/runner.js";
import { rowBytes } from "../runtime/models/sizes.js";
import { modelBundle } from "../runtime/package-root.js";
import {
  type AttentionOptions,
  type AttentionRequest,
  attentionText,
  readAttention,
} from "../runtime/reattention/index.js";
import { type Environment, environment, median } from "./environment.js";
import { intercepted } from "./intercepted.js";
import { fillCache } from "./long-context/measure.js";
import { copySpeed, milliseconds } from "./reattention/timing.js";
import { memoryRate } from "./units.js";

export interface StepBench {
  readonly path: string;
  readonly device: "cuda" | "cpu";
  /** Tokens in the cache. */
  readonly depth: number;
  readonly attention?: AttentionRequest;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/** Launches of a step that are of one build. Times are microseconds of one launch. */
export interface StepKernel {
  readonly kernel: string;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly launches: number;
  /** What a step would take less without it. */
  readonly inStepUs: number;
  /** In a row of nothing but its launches; and where each begins when the one ahead of it has ended. */
  readonly aloneUs: number;
  readonly apartUs: number;
  /** Weights, and cached keys and values, that it has to read. */
  readonly bytes: number;
}

export interface StepResults extends Environment {
  readonly depth: number;
  readonly attention: string;
  readonly copyTBs: number;
  readonly kernels: readonly StepKernel[];
  /** A step among steps; and its launches alone, in one recording, which has no copy to the host and no end. */
  readonly stepUs: number;
  readonly stepApartUs: number;
  readonly launchesUs: number;
  /** What the host does for a step. */
  readonly hostUs: number;
}

interface Met {
  readonly kernel: string;
  readonly args: Arguments;
  readonly launch: () => void;
}

/** What is measured of one way to launch: the groups in the order of their first launches. */
interface Measured {
  readonly stepUs: number;
  readonly launchesUs: number;
  readonly hostUs: number;
  readonly groups: readonly { readonly met: readonly Met[]; readonly aloneUs: number; readonly withoutUs: number }[];
}

/** Steps that are taken between two times that the position is set. */
const MOST_STEPS = 2048;
const STEPS = { cuda: 256, cpu: 2 } as const;

export async function benchStep({ path, device: kind, depth, ...bench }: StepBench): Promise<StepResults> {
  using device = await openDevice({ prefer: kind });
  using files = openModelFiles(path);
  const attention = readAttention(bench.attention ?? { kind: "dense" }, files.config.context);
  const asked = { context: depth + MOST_STEPS, attention, config: files.config, beyondTrained: true };
  const model = { ...files, attention, capacity: contextFor(asked, device, files.checkpoint) };
  const together = await measured(device, model, { ...bench, depth, pdl: true });
  const apart = await measured(device, model, { ...bench, depth, pdl: false });
  const cached = 2 * depth * rowBytes(files.config);
  return {
    ...environment(device),
    ...{ depth, attention: attentionText(attention), copyTBs: await copied(device) },
    kernels: together.groups.map(({ met, aloneUs, withoutUs }, index) => ({
      kernel: met[0]!.kernel,
      constants: constantsOf(met[0]!.args),
      launches: met.length,
      inStepUs: (together.launchesUs - withoutUs) / met.length,
      ...{ aloneUs, apartUs: apart.groups[index]!.aloneUs },
      bytes: median(met.map(({ args }) => bytesOf(args, cached))),
    })),
    ...{ stepUs: together.stepUs, launchesUs: together.launchesUs, stepApartUs: apart.stepUs, hostUs: together.hostUs },
  };
}

async function measured(
  device: Device,
  model: ModelFiles & { readonly attention: AttentionOptions; readonly capacity: number },
  { depth, pdl, signal, onProgress }: Omit<StepBench, "path" | "device" | "attention"> & { readonly pdl: boolean },
): Promise<Measured> {
  const needed = device.arch === 0 ? [] : await neededBuilds(device, model);
  const kernels = await loadKernels(device, needed, { bundle: modelBundle(), pdl, signal });
  const all: Met[] = [];
  let meets = false;
  const watched = intercepted(kernels, (kernel, launch, args) => {
    if (meets) all.push({ kernel, args, launch });
    launch();
  });
  const decoder = await assembleDecoder(device, watched, model);
  try {
    const runner = decoder.sequence();
    runner.grow(model.capacity);
    await fillCache(runner, depth);
    meets = true;
    runner.step();
    meets = false;
    await device.synchronize();
    const { stepUs, hostUs } = await stepsOf(runner, STEPS[device.kind]);
    const position = all.find(({ args }) => args.position)!.args.position as DeviceBuffer;
    const us = async (launches: readonly Met[]) => {
      // Each pick moves it on.
      await device.write(position, Int32Array.of(depth));
      const ms = await milliseconds(device, () => {
        for (const { launch } of launches) launch();
      });
      return 1000 * ms;
    };
    const launchesUs = await us(all);
    const groups = [];
    for (const met of groupsOf(all)) {
      signal?.throwIfAborted();
      onProgress?.(`${met[0]!.kernel}${pdl ? "" : ", apart"}`);
      const aloneUs = (await us(met)) / met.length;
      groups.push({ met, aloneUs, withoutUs: pdl ? await us(all.filter((one) => !met.includes(one))) : 0 });
    }
    return { stepUs, launchesUs, hostUs, groups };
  } finally {
    decoder.close();
  }
}

const constantsOf = (args: Arguments): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).filter(([name]) => isConstant(name)));

function groupsOf(all: readonly Met[]): Met[][] {
  const groups = new Map<string, Met[]>();
  for (const met of all) {
    const key = JSON.stringify([met.kernel, constantsOf(met.args)]);
    groups.set(key, [...(groups.get(key) ?? []), met]);
  }
  return [...groups.values()];
}

/** Microseconds of the device and of the host for one of `count` steps. */
async function stepsOf(runner: ModelSequence, count: number): Promise<{ stepUs: number; hostUs: number }> {
  let hostMs = 0;
  const stepMs = await runner.device.time(() => {
    const began = performance.now();
    for (let i = 0; i < count; i++) runner.step();
    hostMs = performance.now() - began;
  });
  return { stepUs: (1000 * stepMs) / count, hostUs: (1000 * hostMs) / count };
}

/** What a launch reads of weights, which kernels see under several dtypes, and of a cache. */
function bytesOf(args: Arguments, cached: number): number {
  const { ids, bytes, bf16, keys, values, position, q } = args as Readonly<Record<string, DeviceBuffer | undefined>>;
  const matrix = bytes ?? bf16;
  // Of an embedding it is one row.
  if (matrix) return matrix.bytes / (ids ? Number(args.rowCount) : 1);
  return keys && values && position && q ? cached : 0;
}

async function copied(device: Device): Promise<number> {
  const bytes = device.kind === "cuda" ? 2 ** 29 : 2 ** 24;
  const [one, other] = [device.alloc(bytes), device.alloc(bytes)];
  try {
    return await copySpeed(device, one, other);
  } finally {
    for (const buffer of [one, other]) buffer.free();
  }
}

export function stepTable(results: StepResults): string {
  const { kernels, stepUs, launchesUs, stepApartUs, hostUs, copyTBs } = results;
  const rows = kernels.map(({ kernel, launches, inStepUs, aloneUs, apartUs, bytes }) => [
    ...[kernel, String(launches), ...[inStepUs, aloneUs, apartUs].map((us) => us.toFixed(2))],
    ...(bytes > 0 ? [(bytes / 1e6).toFixed(2), memoryRate(bytes / aloneUs / 1e6)] : ["", ""]),
  ]);
  const columns = ["kernel", "launches", "in step", "alone", "apart", "MB", "alone"];
  const text = [columns, ...rows].map(([name, ...cells]) =>
    [name!.padEnd(22), ...cells.map((cell) => cell.padStart(11))].join(""),
  );
  return [
    ...text,
    `a step ${stepUs.toFixed(1)} µs, its launches ${launchesUs.toFixed(1)}; apart ${stepApartUs.toFixed(1)} µs; the host ${hostUs.toFixed(1)} µs; the device copies ${memoryRate(copyTBs)}, read and written`,
  ].join("\n");
}

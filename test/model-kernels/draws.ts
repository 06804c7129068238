import type { Device, DeviceBuffer, LoadedBundle } from "../../runtime/device/device.js";
import { STATE } from "../../runtime/kernels/sample/record.js";
import type { Setting } from "./case.js";
import type { Sampling } from "./sampler.js";
import { stateBefore } from "./state.js";

/** What, besides the logits, fixes a draw. */
export interface Drawing {
  readonly seed: number;
  readonly step: number;
}

/** `count` draws: one step after another of one seed, or the first step of one seed after another. */
export const bySteps = (count: number, seed = 7): Drawing[] =>
  Array.from({ length: count }, (_, step) => ({ seed, step }));
export const bySeeds = (count: number, first = -1000): Drawing[] =>
  Array.from({ length: count }, (_, index) => ({ seed: first + index, step: 0 }));

const RING = 16;
/** i32 cells of each draw's [topK, seed], so that each is aligned. */
const CHOICE = 4;

function choicesOf(topK: number, drawings: readonly Drawing[]): Int32Array {
  const choices = new Int32Array(drawings.length * CHOICE);
  for (const [index, { seed }] of drawings.entries()) choices.set([topK, seed], index * CHOICE);
  return choices;
}

function statesOf(drawings: readonly Drawing[]): Int32Array {
  const states = new Int32Array(drawings.length * STATE.length);
  for (const [index, { step }] of drawings.entries())
    states.set(stateBefore({ position: 0, step }), index * STATE.length);
  return states;
}

/** Runs `use` with device copies of arrays, which are freed afterwards. */
async function withBuffers<T>(
  device: Device,
  arrays: readonly ArrayBufferView[],
  use: (...buffers: DeviceBuffer[]) => Promise<T>,
): Promise<T> {
  const buffers = arrays.map((array) => device.alloc(array.byteLength));
  try {
    for (const [index, array] of arrays.entries()) await device.write(buffers[index]!, array);
    return await use(...buffers);
  } finally {
    for (const buffer of buffers) buffer.free();
  }
}

/** The token of each draw, on a device. */
export function drawTokens(
  device: Device,
  bundle: LoadedBundle,
  { tiles }: Setting,
  { logits, temperature, topK, topP, minP = 0 }: Sampling,
  drawings: readonly Drawing[],
): Promise<number[]> {
  const states = statesOf(drawings);
  const chances = Float32Array.of(1 / temperature, topP, Math.log(minP));
  const arrays = [logits, chances, choicesOf(topK, drawings), states, new Int32Array(RING)];
  return withBuffers(device, arrays, async (...[on, odds, choices, at, ring]) => {
    for (const index of drawings.keys())
      bundle.kernel("sampleTop").launch([1], {
        ...{ logits: on!, ring: ring!, chances: odds!, count: logits.length, ringSize: RING },
        state: at!.view(index * STATE.length * 4, STATE.length * 4),
        choices: choices!.view(index * CHOICE * 4, 8),
        ...tiles.top,
      });
    await device.read(at!, states);
    return drawings.map((_, index) => states[index * STATE.length + STATE.token]!);
  });
}

/** The token that a greedy pick takes of logits, as if each came from a program of its own. */
export function greedyToken(
  device: Device,
  bundle: LoadedBundle,
  { tiles }: Setting,
  logits: Float32Array,
): Promise<number> {
  const arrays = [logits, Int32Array.from(logits.keys()), statesOf([{ seed: 0, step: 0 }]), new Int32Array(RING)];
  return withBuffers(device, arrays, async (...[bestLogit, bestRow, state, ring]) => {
    bundle.kernel("sampleGreedy").launch([1], {
      ...{ bestLogit: bestLogit!, bestRow: bestRow!, state: state!, ring: ring! },
      ...{ count: logits.length, ringSize: RING, ...tiles.greedy },
    });
    const token = new Int32Array(1);
    await device.read(state!.view(STATE.token * 4, 4), token);
    return token[0]!;
  });
}

import assert from "node:assert/strict";
import type { Arguments, Device, DeviceBuffer, Grid, LoadedBundle } from "../../runtime/device/device.js";
import { type DecodeContext, decodeStep, type Pick } from "../../runtime/models/llama/decode.js";
import { KernelLauncher } from "../../runtime/models/llama/launcher.js";
import { STATE } from "../../runtime/models/llama/state.js";
import { randomModel, type Sizes, untrained } from "./small-model.js";

type Call = readonly [kernel: string, grid: Grid, args: Arguments];

/** Launches at once, or keeps what it was to launch. */
class PatientLauncher extends KernelLauncher {
  kept: Call[] | undefined;

  override run(...call: Call): void {
    if (this.kept) this.kept.push(call);
    else super.run(...call);
  }

  /** What `record` launches, one after the other has ended. */
  async oneByOne(record: () => void): Promise<void> {
    this.kept = [];
    record();
    const calls = this.kept;
    this.kept = undefined;
    for (const call of calls) {
      super.run(...call);
      await this.device.synchronize();
    }
  }
}

/** Before the first step: nothing in the caches, and the same token, chances and seed. */
async function reset({ launcher: { device }, state, caches }: DecodeContext): Promise<void> {
  for (const { keys, values } of caches) for (const buffer of [keys, values, state.ring]) device.fill(buffer, 0);
  const start = new Int32Array(STATE.length);
  start[STATE.token] = 5;
  await device.write(state.state, start);
  await device.write(state.chances, Float32Array.of(1, 0.95));
  await device.write(state.choices, Int32Array.of(50, 11));
}

/** Every bit that steps leave: tokens, position, residual, logits and caches. */
async function traces({ state, caches }: DecodeContext): Promise<Uint8Array[]> {
  const buffers: DeviceBuffer[] = [state.logits, state.state, state.ring, state.residual, state.finished];
  const read = async (buffer: DeviceBuffer): Promise<Uint8Array> => {
    const bytes = new Uint8Array(buffer.bytes);
    await buffer.device.read(buffer, bytes);
    return bytes;
  };
  return Promise.all([...buffers, ...caches.flatMap(({ keys, values }) => [keys, values])].map(read));
}

/**
 * Decodes with a random model twice: each kernel after the one before has ended, and as a recorded step whose kernels start while their
 * predecessors end. If any reads too early or writes too soon, bits differ.
 */
export async function expectOrder(
  device: Device,
  bundle: LoadedBundle,
  sizes: Sizes,
  { pick, steps }: { readonly pick: Pick; readonly steps: number },
): Promise<void> {
  const config = untrained(sizes);
  const launcher = new PatientLauncher(device, bundle, config);
  const context = await randomModel(device, launcher, config, steps);
  await reset(context);
  for (let step = 0; step < steps; step++) await launcher.oneByOne(() => decodeStep(context, pick));
  const wanted = await traces(context);
  await reset(context);
  using graph = device.capture(() => decodeStep(context, pick));
  for (let step = 0; step < steps; step++) graph.replay();
  const got = await traces(context);
  const logits = new Float32Array(got[0]!.buffer);
  assert.ok(logits.every(Number.isFinite) && logits.some((logit) => logit !== 0), "the logits are numbers");
  for (const [index, bytes] of got.entries()) assert.equal(Buffer.compare(bytes, wanted[index]!), 0, `trace ${index}`);
}

import assert from "node:assert/strict";
import { intercepted } from "../../bench/intercepted.js";
import type { Device, DeviceBuffer } from "../../runtime/device/device.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import { STATE } from "../../runtime/kernels/sample/record.js";
import type { ModelHost } from "../../runtime/models/host.js";
import { type Picking, TokenPass } from "../../runtime/models/token-pass.js";
import { randomModel, type Sizes, untrained } from "./small-model.js";

/** Kernels that launch at once, or keep what they were to launch. */
class PatientKernels {
  readonly kernels: ModelKernels;
  readonly #device: Device;
  #kept: (() => void)[] | undefined;

  constructor(device: Device, loaded: ModelKernels) {
    this.#device = device;
    this.kernels = intercepted(loaded, (_, launch) => {
      if (this.#kept) this.#kept.push(launch);
      else launch();
    });
  }

  /** What `record` launches, one after the other has ended. */
  async oneByOne(record: () => void): Promise<void> {
    const calls: (() => void)[] = [];
    this.#kept = calls;
    record();
    this.#kept = undefined;
    for (const call of calls) {
      call();
      await this.#device.synchronize();
    }
  }
}

/** Before the first step: nothing in the caches, and the same token, chances and seed. */
async function reset({ device, state, layers }: ModelHost): Promise<void> {
  for (const { cache } of layers) for (const buffer of [cache.keys, cache.values, state.ring]) device.fill(buffer, 0);
  const start = new Int32Array(STATE.length);
  start[STATE.token] = 5;
  await device.write(state.state, start);
  await device.write(state.chances, Float32Array.of(1, 0.95, Number.NEGATIVE_INFINITY));
  await device.write(state.choices, Int32Array.of(50, 11));
}

/** Every bit that steps leave: logits, tokens, position, residual, queries and caches. */
async function traces({ state, layers }: ModelHost): Promise<Uint8Array[]> {
  const buffers: DeviceBuffer[] = [state.logits, state.state, state.ring, state.residual, state.q, state.attention];
  const read = async (buffer: DeviceBuffer): Promise<Uint8Array> => {
    const bytes = new Uint8Array(buffer.bytes);
    await buffer.device.read(buffer, bytes);
    return bytes;
  };
  return Promise.all([...buffers, ...layers.flatMap(({ cache }) => [cache.keys, cache.values])].map(read));
}

/** The model that decodes here, and what of its passes a device has to have compiled. */
export async function orderModel(device: Device, kernels: ModelKernels, sizes: Sizes, steps: number) {
  const host = await randomModel(device, kernels, untrained(sizes), steps);
  return { host, pass: new TokenPass(host) };
}

/**
 * Decodes with a random model twice: each kernel after the one before has ended, and as a recorded step whose kernels start while their
 * predecessors end. If any reads too early or writes too soon, bits differ.
 */
export async function expectOrder(
  device: Device,
  loaded: ModelKernels,
  sizes: Sizes,
  { picking, steps }: { readonly picking: Picking; readonly steps: number },
): Promise<void> {
  const patient = new PatientKernels(device, loaded);
  const { host, pass } = await orderModel(device, patient.kernels, sizes, steps);
  await reset(host);
  for (let step = 0; step < steps; step++) await patient.oneByOne(() => pass.step(picking));
  const wanted = await traces(host);
  await reset(host);
  using graph = device.capture(() => pass.step(picking));
  for (let step = 0; step < steps; step++) graph.replay();
  const got = await traces(host);
  const logits = new Float32Array(got[0]!.buffer).subarray(0, host.config.tokens);
  assert.ok(logits.every(Number.isFinite) && logits.some((logit) => logit !== 0), "the logits are numbers");
  for (const [index, bytes] of got.entries()) assert.equal(Buffer.compare(bytes, wanted[index]!), 0, `trace ${index}`);
}

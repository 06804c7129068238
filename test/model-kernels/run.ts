import assert from "node:assert/strict";
import { DTYPES, isFloat } from "../../compiler/ir/index.js";
import { fromBits, toBits } from "../../runtime/device/arrays.js";
import type { Device, DeviceBuffer, LoadedBundle } from "../../runtime/device/device.js";
import { asNumbers, room } from "../gpu/values.js";
import type { Buffers, CaseBuffer, KernelCase, Prepared, Setting } from "./case.js";

/** Bytes around each buffer that nothing may touch, as many as keep it aligned. */
const MARGIN = 256;

const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function place(device: Device, { data }: CaseBuffer): Promise<{ whole: DeviceBuffer; inner: DeviceBuffer }> {
  const whole = device.alloc(data.byteLength + 2 * MARGIN);
  const inner = whole.view(MARGIN, data.byteLength);
  device.fill(whole, 255);
  await device.write(inner, data);
  return { whole, inner };
}

const buffersOf = ({ buffers, own }: Prepared, setting: Setting): Buffers<CaseBuffer> => ({
  ...buffers,
  ...own?.(setting),
});

/** Launches a case `times` over and gives what its buffers then hold. */
export async function runCase(
  device: Device,
  bundle: LoadedBundle,
  one: KernelCase,
  prepared: Prepared,
  setting: Setting,
  times = 1,
): Promise<Buffers<ArrayBufferView>> {
  const buffers = buffersOf(prepared, setting);
  const placed: Record<string, Awaited<ReturnType<typeof place>>> = {};
  for (const [name, buffer] of Object.entries(buffers)) placed[name] = await place(device, buffer);
  const inner = Object.fromEntries(Object.entries(placed).map(([name, { inner }]) => [name, inner]));
  for (const [name, { addresses = [] }] of Object.entries(buffers))
    for (const { at, of } of addresses) await device.write(inner[name]!.view(at * 4, 8), addressOf(inner[of]!));
  const launch = bundle
    .kernel(one.kernel)
    .prepare(one.grid(setting), { ...prepared.args(inner), ...one.constants(setting) });
  for (let i = 0; i < times; i++) launch.run();
  const results: Record<string, ArrayBufferView> = {};
  for (const [name, { whole }] of Object.entries(placed)) {
    const bytes = new Uint8Array(whole.bytes);
    await device.read(whole, bytes);
    whole.free();
    const margins = [...bytes.subarray(0, MARGIN), ...bytes.subarray(bytes.length - MARGIN)];
    assert.ok(
      margins.every((byte) => byte === 255),
      `${name}: something was written beside it`,
    );
    const { dtype, data } = buffers[name]!;
    results[name] = room(dtype, data.byteLength / DTYPES[dtype].bytes);
    bytesOf(results[name]).set(bytes.subarray(MARGIN, bytes.length - MARGIN));
    for (const { at, of } of buffers[name]!.addresses ?? []) {
      const word = bytesOf(results[name]).subarray(at * 4, at * 4 + 8);
      assert.deepEqual(word, bytesOf(addressOf(inner[of]!)), `${name}: the address of ${of} must stay`);
      // Addresses are of no concern to whoever compares.
      word.set(bytesOf(data).subarray(at * 4, at * 4 + 8));
    }
  }
  return results;
}

const addressOf = ({ address }: DeviceBuffer): BigInt64Array => BigInt64Array.of(address);

const hex = (bytes: Uint8Array, index: number, size: number): string =>
  Buffer.from(bytes.subarray(index * size, (index + 1) * size)).toString("hex");

/** Float64 as the dtype holds it. */
function stored({ dtype }: CaseBuffer, want: Float64Array): Float64Array {
  if (dtype === "bf16") return Float64Array.from(fromBits("bf16", toBits("bf16", want)));
  return dtype === "f32" ? Float64Array.from(want, Math.fround) : want;
}

function rootMeanSquare(values: Float64Array): number {
  const finite = values.filter(Number.isFinite);
  return Math.sqrt(finite.reduce((sum, value) => sum + value * value, 0) / Math.max(1, finite.length));
}

/** Compares elements that were to be written; those where `want` is NaN are not looked at. */
function compareNumbers(name: string, buffer: CaseBuffer, got: Float64Array, want: Float64Array, whose: string): void {
  const tolerance = isFloat(buffer.dtype) ? (buffer.tolerance ?? 0) : 0;
  const wanted = tolerance === 0 ? stored(buffer, want) : want;
  const width = buffer.row ?? wanted.length;
  for (let start = 0; start < wanted.length; start += width) {
    const row = wanted.subarray(start, start + width);
    const size = tolerance === 0 ? 0 : rootMeanSquare(row);
    row.forEach((value, column) => {
      const found = got[start + column]!;
      // What is infinite is so on all devices.
      const limit = Number.isFinite(value) ? tolerance * Math.max(Math.abs(value), size) : 0;
      if (Number.isNaN(value) || found === value || Math.abs(found - value) <= limit) return;
      assert.fail(`${name}[${start + column}] is ${found}, ${whose} ${value} (may differ by ${limit})`);
    });
  }
}

/** The elements that were to stay as they were, did. */
function compareRest(name: string, { dtype, data, want }: CaseBuffer, got: ArrayBufferView): void {
  const { bytes: size } = DTYPES[dtype];
  const [before, after] = [bytesOf(data), bytesOf(got)];
  for (let byte = 0; byte < before.length; byte++) {
    const index = Math.floor(byte / size);
    if (before[byte] === after[byte] || (want && !Number.isNaN(want[index]))) continue;
    assert.fail(`${name}[${index}] was ${hex(before, index, size)} and is ${hex(after, index, size)}: it must stay`);
  }
}

/** Compares what a launch left with the reference. */
export function expectResults(prepared: Prepared, setting: Setting, results: Buffers<ArrayBufferView>): void {
  for (const [name, buffer] of Object.entries(buffersOf(prepared, setting))) {
    if (buffer.scratch) continue;
    const got = results[name]!;
    compareRest(name, buffer, got);
    if (buffer.want) compareNumbers(name, buffer, asNumbers(buffer.dtype, got), buffer.want, "the reference");
  }
}

/** Compares what two devices made of a case, apart from what differs with their tiles. Each may be off by the tolerance. */
export function expectAgreement(
  { buffers }: Prepared,
  results: Buffers<ArrayBufferView>,
  others: Buffers<ArrayBufferView>,
): void {
  for (const [name, buffer] of Object.entries(buffers)) {
    const { want, tolerance = 0 } = buffer;
    if (!want) continue;
    const [got, theirs] = [results, others].map((all) => asNumbers(buffer.dtype, all[name]!));
    const written = theirs!.map((value, index) => (Number.isNaN(want[index]) ? Number.NaN : value));
    compareNumbers(name, { ...buffer, tolerance: 2 * tolerance }, got!, written, "on the other device");
  }
}

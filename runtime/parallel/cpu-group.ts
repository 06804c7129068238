import { type CpuBuffer, CpuDevice, CpuGrowable, type CpuOptions } from "../device/cpu/index.js";
import type { DeviceBuffer, GrowableBuffer } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import { type Dealing, slotsFor } from "./dealing.js";
import type { DealOptions, Dealt, DeviceGroup, HostWord } from "./group.js";

/** CPU devices beside each other: their buffers lie in one memory, so what all have is one buffer. */
export class CpuGroup implements DeviceGroup {
  readonly devices: readonly CpuDevice[];
  readonly mapped = false;

  /** So many devices, each with queue and workers of its own, so that one that waits for another does not keep it from running. */
  static async open(ranks: number, options: Omit<CpuOptions, "beside"> = {}): Promise<CpuGroup> {
    const first = await CpuDevice.open(options);
    const devices = [first];
    while (devices.length < ranks) devices.push(await CpuDevice.open({ ...options, beside: first }));
    return new CpuGroup(devices);
  }

  /** Devices that are open beside each other. */
  constructor(devices: readonly CpuDevice[]) {
    this.devices = devices;
  }

  lend(buffer: DeviceBuffer, rank: number): CpuBuffer {
    return this.devices[rank]!.lend(buffer);
  }

  blockFor(tokens: number): number {
    return tokens;
  }

  deal(options: DealOptions): Dealt {
    return new CpuDealt(this, options);
  }

  hostWord(): HostWord {
    const [first] = this.devices;
    const buffer = first!.alloc(4);
    const word = new Int32Array(first!.heap.memory.buffer, buffer.start, 1);
    const set = (value: number) => void Atomics.store(word, 0, value);
    set(0);
    return { on: (rank) => this.lend(buffer, rank), set, free: () => buffer.free() };
  }

  close(): void {
    for (const device of this.devices) device.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** All rows as one rank has them: to grow them is to grow those of all. */
class WholeView extends CpuGrowable {
  readonly #grow: (bytes: number) => void;

  constructor(device: CpuDevice, { allocation }: CpuGrowable, grow: (bytes: number) => void) {
    super(device, allocation, false);
    this.#grow = grow;
  }

  override grow(bytes: number): void {
    this.#grow(bytes);
  }
}

class CpuDealt implements Dealt {
  readonly dealing: Dealing;
  readonly rowBytes: number;
  readonly capacity: number;
  readonly #whole: CpuGrowable;
  readonly #views: readonly GrowableBuffer[];
  readonly #own: readonly CpuGrowable[];
  #tokens = 0;

  constructor(group: CpuGroup, { block, rowBytes, tokens, own }: DealOptions) {
    const { devices } = group;
    if (!(Number.isSafeInteger(block) && block >= 1))
      throw new DeviceError(`Tokens cannot be dealt in blocks of ${block}.`);
    this.dealing = { ranks: devices.length, block };
    this.rowBytes = rowBytes;
    this.capacity = tokens;
    this.#whole = devices[0]!.reserve(tokens * rowBytes);
    this.#views = devices.map((device) => {
      device.lend(this.#whole);
      return new WholeView(device, this.#whole, (bytes) => this.grow(Math.ceil(bytes / rowBytes)));
    });
    const slots = slotsFor(this.dealing, tokens);
    this.#own = own ? devices.map((device) => device.reserve(slots * rowBytes)) : [];
  }

  get tokens(): number {
    return this.#tokens;
  }

  whole(rank: number): GrowableBuffer {
    return this.#views[rank]!;
  }

  own(rank: number): GrowableBuffer {
    const own = this.#own[rank];
    if (!own) throw new DeviceError("Rows were dealt without a view of those that a rank owns.");
    return own;
  }

  grow(tokens: number): void {
    if (tokens <= this.#tokens) return;
    for (const own of this.#own) own.grow(slotsFor(this.dealing, tokens) * this.rowBytes);
    this.#whole.grow(tokens * this.rowBytes);
    this.#tokens = tokens;
  }

  free(): void {
    for (const one of [this.#whole, ...this.#own]) one.free();
  }
}

import { DeviceError } from "../errors.js";
import { type Allocation, CudaBuffer } from "./buffer.js";
import type { CudaDevice } from "./device.js";

/** A buffer of another device as kernels of this one take it: as long and as alive as that, and not this one's to free. */
class CudaLent extends CudaBuffer {
  readonly #source: CudaBuffer;

  constructor(device: CudaDevice, allocation: Allocation, source: CudaBuffer) {
    super(device, allocation, source.offset, source.bytes, false);
    this.#source = source;
  }

  override get bytes(): number {
    return this.#source.bytes;
  }

  override get reach(): number {
    return this.#source.reach;
  }
}

/** Memory of other devices that kernels of one take. */
export class Loans {
  readonly #device: CudaDevice;
  /** By what it is where it lies. */
  readonly #borrowed = new Map<Allocation, Allocation>();
  readonly #reached = new WeakSet<CudaDevice>();

  constructor(device: CudaDevice) {
    this.#device = device;
  }

  lend(buffer: CudaBuffer): CudaBuffer {
    buffer.requireRange(0, 0);
    const { device, allocation } = buffer.allocation.of ?? buffer;
    return new CudaLent(this.#device, device === this.#device ? allocation : this.#borrow(device, allocation), buffer);
  }

  /** Lets kernels of this device use what another allocates. Throws DeviceError that names both where that cannot be. */
  reach(peer: CudaDevice): void {
    const device = this.#device;
    device.requireOpen();
    peer.requireOpen();
    if (this.#reached.has(peer)) return;
    const [from, to] = [device.facts.ordinal, peer.facts.ordinal];
    if (from !== to && !device.driver.addon.describeLink(from, to).access)
      throw new DeviceError(`${device.label} cannot reach the memory of ${peer.label}.`, {
        hint: "tilescript doctor says which GPUs reach each other: take those, or one.",
      });
    device.context.reach(peer.context);
    this.#reached.add(peer);
  }

  /** Ends a loan whose memory its owner lets go of. A device that is closed gives it back with all else. */
  giveBack(source: Allocation): void {
    const loan = this.#borrowed.get(source);
    this.#borrowed.delete(source);
    if (loan && !this.#device.closed) this.#device.release(loan);
  }

  #borrow(owner: CudaDevice, source: Allocation): Allocation {
    const known = this.#borrowed.get(source);
    if (known) return known;
    const device = this.#device;
    if (source.alone)
      throw new DeviceError(`A buffer that ${owner.label} has for itself was to be lent to ${device.label}.`);
    if (!source.host) this.reach(owner);
    const memory = device.stream.borrow(source.memory);
    const loan = device.adopt(memory, { waits: true, of: { device: owner, allocation: source } });
    this.#borrowed.set(source, loan);
    source.lentTo.add(device);
    return loan;
  }
}

/** Takes memory back from the devices that it was lent to. */
export function endLoans(source: Allocation): void {
  for (const device of source.lentTo) device.loans.giveBack(source);
  source.lentTo.clear();
}

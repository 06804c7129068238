import type { DealtMemory } from "../../native/index.js";
import { type Dealing, slotsFor } from "../../parallel/dealing.js";
import type { DealOptions, Dealt } from "../../parallel/group.js";
import type { GrowableBuffer } from "../device.js";
import { type CudaError, DeviceError, OutOfMemoryError } from "../errors.js";
import { checkGrowth } from "../growth.js";
import { blockFor } from "./blocks.js";
import { type Allocation, CudaBuffer } from "./buffer.js";
import type { CudaDevice } from "./device.js";
import { DEFAULT_STEP, isOutOfMemory } from "./growable.js";

/** What a rank has of dealt rows: all of them, or its own. */
class DealtBuffer extends CudaBuffer implements GrowableBuffer {
  readonly capacity: number;
  readonly #grow: (bytes: number) => void;

  constructor(device: CudaDevice, allocation: Allocation, capacity: number, grow: (bytes: number) => void) {
    super(device, allocation, 0, 0, false);
    this.capacity = capacity;
    this.#grow = grow;
  }

  /** The last block may reach beyond what was asked for; that is out of bounds all the same. */
  get committed(): number {
    return Math.min(this.allocation.memory.byteLength, this.capacity);
  }

  override get bytes(): number {
    return this.committed;
  }

  override get reach(): number {
    return this.capacity;
  }

  grow(bytes: number): void {
    checkGrowth(this, bytes);
    this.#grow(bytes);
    if (this.committed < bytes)
      throw new DeviceError(
        `A rank that owns ${this.committed} bytes of rows was to have ${bytes}: there are no more tokens.`,
      );
  }
}

/** Rows in one range of addresses, whose blocks are pages of the GPUs that own them; and for each GPU the same pages behind each other. */
export class CudaDealt implements Dealt {
  readonly dealing: Dealing;
  readonly rowBytes: number;
  readonly capacity: number;
  readonly #devices: readonly CudaDevice[];
  readonly #memory: DealtMemory;
  readonly #whole: readonly DealtBuffer[];
  readonly #own: readonly DealtBuffer[];
  #blocks = 0;
  #freed = false;

  constructor(devices: readonly CudaDevice[], { block, rowBytes, tokens, own }: DealOptions) {
    requireBlock(devices, block, rowBytes, tokens);
    const ranks = devices.length;
    this.dealing = { ranks, block };
    this.rowBytes = rowBytes;
    this.capacity = tokens;
    this.#devices = devices;
    // With any device that is closed it has had its time; the views keep the memory.
    this.#memory = devices[0]!.handles.add(
      reserve(devices, block * rowBytes, Math.max(1, Math.ceil(tokens / block)), own),
    );
    this.#whole = devices.map(
      (device) =>
        new DealtBuffer(device, device.adopt(this.#memory.whole(), { waits: true }), tokens * rowBytes, (bytes) =>
          this.grow(Math.ceil(bytes / rowBytes)),
        ),
    );
    const slots = slotsFor(this.dealing, tokens);
    const ownOf = (device: CudaDevice, rank: number) =>
      new DealtBuffer(
        device,
        device.adopt(this.#memory.own(rank), { waits: true, alone: true }),
        slots * rowBytes,
        (bytes) => this.#growOwn(rank, bytes),
      );
    this.#own = own ? devices.map(ownOf) : [];
  }

  get tokens(): number {
    return Math.min(this.#blocks * this.dealing.block, this.capacity);
  }

  whole(rank: number): GrowableBuffer {
    return this.#whole[rank]!;
  }

  own(rank: number): GrowableBuffer {
    const own = this.#own[rank];
    if (!own) throw new DeviceError("Rows were dealt without a view of those that a rank owns.");
    return own;
  }

  grow(tokens: number): void {
    if (this.#freed) throw new DeviceError("Dealt rows were to grow after they were freed.");
    if (!Number.isSafeInteger(tokens) || tokens < 0 || tokens > this.capacity)
      throw new DeviceError(`Rows that were reserved for ${this.capacity} tokens cannot grow to ${tokens}.`);
    for (const device of this.#devices) device.requireOpen();
    const { block, ranks } = this.dealing;
    const blocks = Math.ceil(tokens / block);
    if (blocks <= this.#blocks) return;
    const step = Math.max(1, Math.floor(DEFAULT_STEP / (block * this.rowBytes * ranks))) * ranks;
    const most = Math.ceil(this.capacity / block);
    const cause = this.#commit(Math.min(Math.ceil(blocks / step) * step, most)) && this.#commit(blocks);
    if (cause) throw this.#outOfMemory(blocks, cause);
  }

  /** Behind queued work of all GPUs, where the last of them lets go. */
  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#memory.destroy();
    for (const { device, allocation } of [...this.#whole, ...this.#own]) device.release(allocation);
  }

  #growOwn(rank: number, bytes: number): void {
    const { block, ranks } = this.dealing;
    const blocks = Math.ceil(bytes / (block * this.rowBytes));
    if (blocks > 0) this.grow(Math.min(((blocks - 1) * ranks + rank + 1) * block, this.capacity));
  }

  /** Answers the driver's error where memory does not suffice. */
  #commit(blocks: number): CudaError | undefined {
    try {
      this.#memory.grow(blocks);
      this.#blocks = blocks;
      return undefined;
    } catch (error) {
      if (isOutOfMemory(error)) return error;
      throw error;
    }
  }

  /** Of the GPU that has least room: its share of what was wanted, and of what there is. */
  #outOfMemory(blocks: number, cause: CudaError): OutOfMemoryError {
    const { block, ranks } = this.dealing;
    const share = (all: number, rank: number) => Math.ceil((all - rank) / ranks) * block * this.rowBytes;
    const room = this.#devices.map((device, rank) => {
      const [wanted, committed] = [share(blocks, rank), share(this.#blocks, rank)];
      const { free, total } = device.memory();
      return { on: device.label, wanted, committed, free, total, left: free - (wanted - committed) };
    });
    return new OutOfMemoryError(
      room.reduce((least, one) => (one.left < least.left ? one : least)),
      { cause },
    );
  }
}

/** The pages of all GPUs are multiples of this. */
export const pageOf = (devices: readonly CudaDevice[]): number =>
  Math.max(...devices.map((device) => device.context.pageBytes()));

function requireBlock(devices: readonly CudaDevice[], block: number, rowBytes: number, tokens: number): void {
  const isCount = (number: number) => Number.isSafeInteger(number) && number >= 1;
  if (!isCount(block) || !isCount(rowBytes) || !Number.isSafeInteger(tokens) || tokens < 0)
    throw new DeviceError(`Cannot deal ${tokens} tokens of ${rowBytes} bytes in blocks of ${block}.`);
  const older = devices.find(({ facts }) => !facts.virtualMemory);
  if (older)
    throw new DeviceError(`${older.label} cannot reserve addresses apart from memory, so no rows can be dealt to it.`);
  const page = pageOf(devices);
  if ((block * rowBytes) % page === 0) return;
  throw new DeviceError(`Blocks of ${block} tokens of ${rowBytes} bytes are no whole pages of ${page} bytes.`, {
    hint: `Deal ${blockFor(block, [rowBytes], page)} tokens at a time.`,
  });
}

function reserve(devices: readonly CudaDevice[], blockBytes: number, blocks: number, own: boolean): DealtMemory {
  const { DealtMemory } = devices[0]!.driver.addon;
  const contexts = devices.map(({ context }) => context);
  const streams = devices.map(({ stream }) => stream);
  try {
    return new DealtMemory(contexts, streams, blockBytes, blocks, own);
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    throw new OutOfMemoryError({ wanted: blockBytes * blocks, ...devices[0]!.memory() }, { cause: error });
  }
}

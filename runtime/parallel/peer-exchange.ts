import { Allocations } from "../device/allocations.js";
import type { DeviceBuffer, Mirror } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import type { ModelKernels } from "../kernels/loaded.js";
import { ABORTED, LOOK } from "../kernels/parallel/exchange.js";
import type { Exchange, Meeting } from "./exchange.js";
import type { DeviceGroup, HostWord } from "./group.js";
import { PeerMeeting } from "./peer-meeting.js";

const LIMIT = 30_000;

export interface PeerOptions {
  readonly group: DeviceGroup;
  /** Of each rank. */
  readonly kernels: readonly Pick<ModelKernels, "exchangeRows">[];
  /** Milliseconds that a rank waits for another in a round. Default 30,000: a kernel may have to be compiled first. */
  readonly timeLimit?: number;
}

/** Rows that are stored in the memory of those who want them, and flags beside them (kernels/parallel/exchange.kernel.ts). */
export class PeerExchange implements Exchange {
  readonly ranks: number;
  readonly #options: PeerOptions;
  readonly #memory: readonly Allocations[];
  readonly #status: readonly { readonly word: DeviceBuffer; readonly mirror: Mirror }[];
  readonly #abort: HostWord;
  #failure: Error | undefined;

  constructor(options: PeerOptions) {
    const { group } = options;
    this.#options = options;
    this.ranks = group.devices.length;
    this.#memory = group.devices.map((device) => new Allocations(device));
    this.#abort = group.hostWord();
    this.#status = this.#memory.map((memory) => {
      const word = memory.alloc(4);
      memory.device.fill(word, 0);
      return { word, mirror: memory.mirror(4) };
    });
  }

  meeting(bytes: number): Promise<Meeting> {
    const { group, kernels, timeLimit = LIMIT } = this.#options;
    const looks = Math.max(1, Math.round((timeLimit * 1e6) / LOOK));
    const ends = this.#status.map(({ word }, rank) => ({ status: word, abort: this.#abort.on(rank), looks }));
    return PeerMeeting.open(group, bytes, (rank, programs, args) =>
      kernels[rank]!.exchangeRows.launch([programs], { ...args, ...ends[rank]! }),
    );
  }

  abort(reason: Error): void {
    this.#failure ??= reason;
    this.#abort.set(1);
  }

  report(rank: number): void {
    const { word, mirror } = this.#status[rank]!;
    mirror.copyFrom(word, 4);
  }

  check(): void {
    for (const [rank, { mirror }] of this.#status.entries()) {
      const [status] = new Int32Array(mirror.host, 0, 1);
      if (status !== 0 && status !== ABORTED) this.abort(this.#silent(rank, status! - 1));
    }
    if (this.#failure) throw this.#failure;
  }

  free(): void {
    for (const memory of this.#memory) memory.free();
    this.#abort.free();
  }

  #silent(rank: number, silent: number): DeviceError {
    const { group, timeLimit = LIMIT } = this.#options;
    const named = (one: number) => `rank ${one} (${group.devices[one]!.name})`;
    return new DeviceError(`${named(silent)} did not answer ${named(rank)} within ${timeLimit / 1000} s.`, {
      hint: "Load the model again, without that device if it goes on.",
    });
  }
}

import { Allocations } from "../device/allocations.js";
import { upload } from "../device/arrays.js";
import type { DeviceBuffer } from "../device/device.js";
import { cdiv } from "../tiling.js";
import type { Meeting } from "./exchange.js";
import type { DeviceGroup } from "./group.js";

/** Integers that a program stores at a time, and bytes that are worth a program of their own. */
export const MEETING_TILES = { gpu: { BLOCK: 512, each: 4 << 10 }, cpu: { BLOCK: 64, each: 64 << 10 } } as const;

/** Programs of a round at the most: so many run at once on any device. */
const MOST_PROGRAMS = 16;

const ALIGN = 256;

/** A rank's part of a meeting: what `exchangeRows` takes. */
interface Part {
  readonly mine: DeviceBuffer;
  readonly all: DeviceBuffer;
  readonly landings: DeviceBuffer;
  readonly flags: DeviceBuffer;
  readonly rounds: DeviceBuffer;
}

interface Sizes {
  readonly words: number;
  /** Words from a rank's rows to the next one's. */
  readonly room: number;
  readonly rank: number;
  readonly ranks: number;
  readonly BLOCK: number;
}

export type Launch = (rank: number, programs: number, args: Part & Sizes) => void;

export class PeerMeeting implements Meeting {
  readonly stride: number;
  readonly #memory: readonly Allocations[];
  readonly #parts: readonly Part[];
  readonly #programs: number;
  readonly #BLOCK: number;
  readonly #launch: Launch;

  /** Memory on every rank, of which each other one is lent what it writes to. */
  static async open(group: DeviceGroup, bytes: number, launch: Launch): Promise<PeerMeeting> {
    const { devices } = group;
    const { each, BLOCK } = MEETING_TILES[devices[0]!.traits.tiles];
    const stride = cdiv(bytes, ALIGN) * ALIGN;
    const programs = Math.max(1, Math.min(MOST_PROGRAMS, cdiv(bytes, each)));
    const memory = devices.map((device) => new Allocations(device));
    const zeros = (rank: number, size: number) => {
      const buffer = memory[rank]!.alloc(size);
      devices[rank]!.fill(buffer, 0);
      return buffer;
    };
    try {
      const reached = devices.map((_, rank) => ({
        landing: zeros(rank, 2 * devices.length * stride),
        flags: zeros(rank, 2 * devices.length * programs * 4),
      }));
      // A peer may be written to as soon as there is a meeting.
      await Promise.all(devices.map((device) => device.synchronize()));
      const parts = devices.map(async (_, rank): Promise<Part> => {
        const addresses = (name: "landing" | "flags") =>
          upload(
            memory[rank]!,
            BigInt64Array.from(reached, (one) => group.lend(one[name], rank).address),
          );
        return {
          ...{
            mine: zeros(rank, stride),
            all: zeros(rank, devices.length * stride),
            rounds: zeros(rank, programs * 4),
          },
          ...{ landings: await addresses("landing"), flags: await addresses("flags") },
        };
      });
      return new PeerMeeting(memory, await Promise.all(parts), { stride, programs, BLOCK }, launch);
    } catch (error) {
      for (const one of memory) one.free();
      throw error;
    }
  }

  private constructor(
    memory: readonly Allocations[],
    parts: readonly Part[],
    { stride, programs, BLOCK }: { readonly stride: number; readonly programs: number; readonly BLOCK: number },
    launch: Launch,
  ) {
    this.#memory = memory;
    this.#parts = parts;
    this.stride = stride;
    this.#programs = programs;
    this.#BLOCK = BLOCK;
    this.#launch = launch;
  }

  mine(rank: number): DeviceBuffer {
    return this.#parts[rank]!.mine;
  }

  all(rank: number): DeviceBuffer {
    return this.#parts[rank]!.all;
  }

  gather(rank: number, bytes: number): void {
    this.#launch(rank, this.#programs, {
      ...this.#parts[rank]!,
      ...{ words: cdiv(bytes, 4), room: this.stride / 4, rank, ranks: this.#parts.length, BLOCK: this.#BLOCK },
    });
  }

  free(): void {
    for (const one of this.#memory) one.free();
  }
}

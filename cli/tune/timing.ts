import type { Device, DeviceBuffer, Launch } from "../../runtime/device/device.js";

/** The least that is overwritten to get everything else out of the caches: several times what any device has. */
const FLUSHED_BYTES = { cuda: 2 ** 28, cpu: 2 ** 26 } as const;
/** Milliseconds of a build's own time that are spent on it, and the fewest and the most of its runs. */
const SPENT = { cuda: { ms: 100, least: 10, most: 300 }, cpu: { ms: 200, least: 3, most: 30 } } as const;
const LONG_MS = 300;
const FEW = 3;
/** A card that was idle takes a while to clock up. */
const WARM_UP_MS = { cuda: 500, cpu: 0 } as const;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Times launches between two events of the device. Before each run the caches are flushed, while which the host gets ahead of the device. */
export class Stopwatch {
  readonly #device: Device;
  readonly #flushed: DeviceBuffer;

  constructor(device: Device) {
    this.#device = device;
    this.#flushed = device.alloc(Math.min(FLUSHED_BYTES[device.kind], Math.floor(device.memory().free / 4)));
  }

  async warmUp(signal: AbortSignal): Promise<void> {
    for (const began = performance.now(); performance.now() - began < WARM_UP_MS[this.#device.kind]; ) {
      signal.throwIfAborted();
      this.#flush();
      await this.#device.synchronize();
    }
  }

  /** The median of runs, in milliseconds. What takes twice as long as `best`, or very long, runs a few times only. */
  async time(launch: Launch, best: number, signal: AbortSignal): Promise<{ milliseconds: number; runs: number }> {
    const once = async (): Promise<number> => {
      signal.throwIfAborted();
      this.#flush();
      return this.#device.time(() => launch.run());
    };
    await once();
    const { ms, least, most } = SPENT[this.#device.kind];
    const first = await once();
    const usual = Math.min(most, Math.max(least, Math.ceil(ms / Math.max(first, 1e-3))));
    const runs = first > 2 * best || first > LONG_MS ? FEW : usual;
    const times: number[] = [];
    for (let run = 0; run < runs; run++) times.push(await once());
    return { milliseconds: Math.max(median(times), 1e-6), runs };
  }

  free(): void {
    this.#flushed.free();
  }

  #flush(): void {
    this.#device.fill(this.#flushed, 0);
  }
}

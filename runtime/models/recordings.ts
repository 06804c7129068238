import type { Device, Graph } from "../device/device.js";

/** Work that is recorded when it is first asked for, and replayed from then on. A recording keeps the memory that it uses. */
export class Recordings<Key> {
  readonly #device: Device;
  readonly #graphs = new Map<Key, Graph>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Queues what `record` launches; what it needs is allocated by then. */
  replay(key: Key, record: () => void): void {
    const graph = this.#graphs.get(key) ?? this.#device.capture(record);
    this.#graphs.set(key, graph);
    graph.replay();
  }

  destroy(): void {
    for (const graph of this.#graphs.values()) graph.destroy();
    this.#graphs.clear();
  }
}

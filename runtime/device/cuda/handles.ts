import type { Handle } from "../../native/index.js";

/** The native handles that a device must let go of when it closes. Those that nobody holds any more are freed by the collector before. */
export class Handles {
  readonly #known = new Set<WeakRef<Handle>>();
  readonly #collected = new FinalizationRegistry<WeakRef<Handle>>((ref) => this.#known.delete(ref));

  add<Kind extends Handle>(handle: Kind): Kind {
    const ref = new WeakRef<Handle>(handle);
    this.#known.add(ref);
    this.#collected.register(handle, ref);
    return handle;
  }

  destroyAll(): void {
    for (const ref of this.#known) ref.deref()?.destroy();
    this.#known.clear();
  }
}

import type { Memory, Uploader } from "../../native/index.js";

/** Large copies to the device, one after another, through a ring of pinned memory on a thread of the pool. */
export class Uploads {
  readonly #makeUploader: () => Uploader;
  #uploader: Uploader | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** The ring is made when it is first needed. */
  constructor(makeUploader: () => Uploader) {
    this.#makeUploader = makeUploader;
  }

  /** Resolves when the data is on the device. `ready` must have resolved before the target may be overwritten. */
  write(to: Memory, offset: number, data: Uint8Array, ready: Promise<void>): Promise<void> {
    this.#uploader ??= this.#makeUploader();
    const uploader = this.#uploader;
    const turn = this.#last;
    const done = ready.then(() => turn).then(() => uploader.write(to, offset, data, 0, data.byteLength));
    this.#last = done.catch(() => undefined);
    return done;
  }
}

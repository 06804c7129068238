import { getSystemErrorName } from "node:util";
import type { FileToMemory, ReadFault, Transfer, Uploader } from "../../native/index.js";
import { cannotBeRead, type FileStretch, hasShrunk } from "../../weights/reading.js";
import { abortable } from "../abortable.js";
import type { UploadOptions } from "../device.js";

/** Milliseconds between two reports of progress. */
const PERIOD = 50;

/** Uploads from files, one after another, through the threads and pinned slots of one Uploader. */
export class Uploads {
  readonly #makeUploader: () => Uploader;
  readonly #makeTransfer: () => Transfer;
  #uploader: Uploader | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** The slots are pinned when they are first needed. */
  constructor(makeUploader: () => Uploader, makeTransfer: () => Transfer) {
    this.#makeUploader = makeUploader;
    this.#makeTransfer = makeTransfer;
  }

  /**
   * Resolves when everything is on the device. `ready` must have resolved before the targets may be overwritten. `plan` is called when the
   * turn has come, and throws where a file or a buffer is gone by then; `stretches` says for each of its copies what errors name.
   */
  upload(
    stretches: readonly FileStretch[],
    plan: () => readonly FileToMemory[],
    ready: Promise<void>,
    options: UploadOptions,
  ): Promise<void> {
    const turn = Promise.all([this.#last, ready]);
    const done = abortable(turn, options.signal).then(() => this.#copy(stretches, plan(), options));
    // One that is aborted while it waits does not let the next one in early.
    this.#last = Promise.allSettled([this.#last, done]);
    return done;
  }

  async #copy(
    stretches: readonly FileStretch[],
    copies: readonly FileToMemory[],
    { signal, onProgress }: UploadOptions,
  ): Promise<void> {
    this.#uploader ??= this.#makeUploader();
    const transfer = this.#makeTransfer();
    const stop = () => transfer.abort();
    const reports = new Reports(onProgress, transfer);
    signal?.addEventListener("abort", stop);
    try {
      const whole = await this.#uploader.upload(copies, transfer);
      if (whole) reports.tell();
      reports.throwFailure();
      if (!whole) signal?.throwIfAborted();
    } catch (error) {
      throw isReadFault(error) ? explain(error, stretches[error.copy]!) : error;
    } finally {
      reports.end();
      signal?.removeEventListener("abort", stop);
    }
  }
}

/** Tells a callback now and then how far a transfer is. What the callback throws ends the transfer and is kept for who waits for it. */
class Reports {
  readonly #onProgress: ((bytes: number) => void) | undefined;
  readonly #transfer: Transfer;
  readonly #timer: NodeJS.Timeout | undefined;
  #told = -1;
  #failure: { readonly error: unknown } | undefined;

  constructor(onProgress: ((bytes: number) => void) | undefined, transfer: Transfer) {
    this.#onProgress = onProgress;
    this.#transfer = transfer;
    this.#timer = onProgress && setInterval(() => this.tell(), PERIOD);
  }

  tell(): void {
    const { bytes } = this.#transfer;
    if (this.#failure || bytes <= this.#told) return;
    this.#told = bytes;
    try {
      this.#onProgress?.(bytes);
    } catch (error) {
      this.#failure = { error };
      this.#transfer.abort();
    }
  }

  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

const isReadFault = (error: unknown): error is ReadFault =>
  error instanceof Error && "copy" in error && "errno" in error;

const explain = (fault: ReadFault, stretch: FileStretch): Error =>
  fault.errno === 0 ? hasShrunk(stretch) : cannotBeRead(stretch, getSystemErrorName(-fault.errno), fault);

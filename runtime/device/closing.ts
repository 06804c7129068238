import { DeviceError } from "./errors.js";

/** Milliseconds that closing waits for queued work that nobody else waits for. */
export const CLOSE_LIMIT = 10_000;

/** What is left running when a device gives up waiting for it. */
export const neverEnded = (name: string, milliseconds: number): DeviceError =>
  new DeviceError(
    `${name} was closed, and a kernel had still not ended ${milliseconds / 1000} s later: it may never end. Await synchronize() before close() where it only takes long.`,
  );

import type { Model } from "../runtime/index.js";
import { RequestError } from "./errors.js";
import { Metrics } from "./metrics.js";
import { Queue } from "./queue.js";

/** A model that answers requests, and what is counted of them. */
export class Served {
  readonly model: Model;
  /** What callers name it by. */
  readonly id: string;
  readonly since = Math.floor(Date.now() / 1000);
  readonly queue: Queue;
  readonly metrics = new Metrics();
  /** Aborted when what is under way shall end. */
  readonly closing: AbortSignal;

  constructor(model: Model, id: string, most: number, closing: AbortSignal) {
    this.model = model;
    this.id = id;
    this.queue = new Queue(most);
    this.closing = closing;
  }

  /** @throws RequestError 404 for another model's name */
  requireModel(name: string): void {
    if (name !== this.id)
      throw new RequestError(404, "model_not_found", `there is no model "${name}" here, but "${this.id}"`, "model");
  }
}

/** What is known of a request beside itself. */
export interface Env {
  Variables: {
    /** For the log. */
    note?: string;
    /** When the answer has been sent, where that is later than its beginning. */
    until?: Promise<void>;
  };
}

/** Renders chat templates in a thread of their own: a template comes with the model and may do anything, for ever. */

import { Worker } from "node:worker_threads";
import { deferred } from "../../deferred.js";
import { ownOptions } from "../../worker-options.js";

/** A message as templates know it: all texts but its role are what somebody said. */
export type TemplateMessage = { readonly role: string } & Readonly<Record<string, unknown>>;

export interface TemplateJob {
  /** Jinja source. */
  readonly source: string;
  readonly messages: readonly TemplateMessage[];
  /** What the model may call, as the template gets it. */
  readonly tools?: readonly object[];
  /** Characters that are marked where they are in messages. */
  readonly alphabet: readonly string[];
  /** What the template gets beside the messages. */
  readonly values: Readonly<Record<string, string | boolean>>;
}

/** Without messages the template is only parsed. */
type Job = Pick<TemplateJob, "source"> & Partial<TemplateJob>;

/** A template's text, in which each character of `marks` stands for the one of `meant` at the same place, from a message. */
export interface MarkedText {
  readonly text: string;
  readonly marks: string;
  readonly meant: string;
}

/**
 * What went wrong: the source is no Jinja, the template raised an error, it spent more than it may, or the messages leave no characters for
 * marks.
 */
export class TemplateFault extends Error {
  readonly kind: "syntax" | "refused" | "limit" | "marks";

  constructor({ kind, message }: Pick<TemplateFault, "kind" | "message">) {
    super(message);
    this.kind = kind;
  }
}

/** Of all texts in a value. */
function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + charactersIn(one), 0);
  return Object.entries(value).reduce((sum, [key, one]) => sum + key.length + charactersIn(one), 0);
}

/** Real templates take milliseconds. A loaded machine may take a while to start a thread, which is not counted. */
const patienceMs = 5000;
/** A million characters more take about a tenth of a second. */
const patienceMsPerCharacter = 1e-3;

/** Heap of the thread, in MiB: more than the limits on text and lists allow (limits.mjs), so that it is hardly ever reached. */
const heapMb = 512;
const heapMbPerCharacter = 160 / 2 ** 20;

const spent = (what: string) => new TemplateFault({ kind: "limit", message: what });

/** One thread for the process, started when it is first needed and again after it had to be ended. Jobs are done one after another. */
export class TemplateRenderer {
  #worker: Worker | undefined;
  #online: Promise<unknown> = Promise.resolve();
  #heapMb = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #patienceMs: number;

  constructor(options: { readonly patienceMs?: number } = {}) {
    this.#patienceMs = options.patienceMs ?? patienceMs;
  }

  /** Starts the thread, so that the first job need not wait for it. */
  start(): void {
    this.#ready(0);
  }

  /** @throws TemplateFault where the source is no template, or the signal's reason */
  async parse(source: string, signal?: AbortSignal): Promise<void> {
    await this.#inTurn({ source }, signal);
  }

  /** @throws TemplateFault, or the signal's reason */
  render(job: TemplateJob, signal?: AbortSignal): Promise<MarkedText> {
    return this.#inTurn(job, signal);
  }

  async #inTurn(job: Job, signal: AbortSignal | undefined): Promise<MarkedText> {
    const before = this.#turn;
    const mine = deferred<void>();
    this.#turn = mine.promise;
    try {
      await before;
      signal?.throwIfAborted();
      return await this.#do(job, signal);
    } finally {
      mine.resolve();
    }
  }

  #ready(characters: number): Worker {
    const heap = heapMb + Math.ceil(characters * heapMbPerCharacter);
    if (this.#worker && this.#heapMb >= heap) return this.#worker;
    void this.#worker?.terminate();
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
      name: "chat template",
      ...ownOptions(),
      resourceLimits: { maxOldGenerationSizeMb: heap },
    });
    const gone = (): void => {
      if (this.#worker === worker) this.#worker = undefined;
    };
    // Without a listener an error would end the process; whoever waits listens too.
    worker.on("error", gone).on("exit", gone);
    worker.unref();
    this.#worker = worker;
    this.#heapMb = heap;
    this.#online = new Promise((resolve) => worker.once("online", resolve).once("exit", resolve));
    return worker;
  }

  async #do(job: Job, signal: AbortSignal | undefined): Promise<MarkedText> {
    const characters = charactersIn([job.messages, job.tools]);
    const worker = this.#ready(characters);
    const answer = deferred<MarkedText>();
    const end = (reason: unknown): void => {
      answer.reject(reason);
      if (this.#worker === worker) this.#worker = undefined;
      void worker.terminate();
    };
    const listeners = {
      message: (reply: MarkedText & { readonly fault?: TemplateFault }) =>
        reply.fault ? answer.reject(new TemplateFault(reply.fault)) : answer.resolve(reply),
      error: (error: NodeJS.ErrnoException) =>
        answer.reject(
          error.code === "ERR_WORKER_OUT_OF_MEMORY" ? spent(`takes more than ${this.#heapMb} MiB of memory`) : error,
        ),
      exit: () => answer.reject(new Error("the thread that renders chat templates ended")),
    };
    for (const [event, listener] of Object.entries(listeners)) worker.on(event, listener);
    const abort = (): void => end(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    // While something is awaited the process must not end for want of other work.
    worker.ref();
    let timer: NodeJS.Timeout | undefined;
    try {
      worker.postMessage(job);
      await Promise.race([this.#online, answer.promise]);
      const patience = this.#patienceMs + characters * patienceMsPerCharacter;
      timer = setTimeout(() => end(spent(`takes more than ${patience / 1000} s`)), patience);
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      for (const [event, listener] of Object.entries(listeners)) worker.off(event, listener);
      worker.unref();
    }
  }
}

/** The process's own. */
export const templateRenderer = new TemplateRenderer();

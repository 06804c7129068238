import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TileScriptError } from "../../../dsl/errors.js";
import { checkJob, checkResources } from "./check-job.js";
import { changed, tritonContent } from "./content.js";
import { describeDeath } from "./describe-death.js";
import { ensureEnvironment, type PythonEnvironment } from "./environment.js";
import type { TritonJob, TritonResult } from "./job.js";
import { toMessage, toResult, type WorkerReply } from "./message.js";
import { TRITON_VERSION } from "./requirements.js";
import { lackOfRoom } from "./temporary-folder.js";
import { WorkerDeath, WorkerProcess, type WorkerVersions } from "./worker-process.js";

export interface TritonServiceOptions {
  /** Most workers at once. Default: the cores. Each is a Python process of some 200 MB. */
  readonly jobs?: number;
  /** The environment, or how to get it when the first job comes. Default: `ensureEnvironment()`. */
  readonly environment?: PythonEnvironment | (() => Promise<PythonEnvironment>);
  /** Milliseconds after which a job counts as hung. Default: 300,000. */
  readonly timeout?: number;
  /** Bytes of address space for each worker; unlimited by default, but the kernel takes workers first when memory is short. */
  readonly memoryLimit?: number;
}

export interface CompileOptions {
  /** Aborting stops the compilation at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

export interface TritonService {
  readonly jobs: number;
  /**
   * Compiles one kernel. What is wrong with the kernel is in the result; the promise rejects only if there is no Triton
   * (EnvironmentError), on abort, and when the service is closed meanwhile (ServiceClosedError).
   */
  compile(job: TritonJob, options?: CompileOptions): Promise<TritonResult>;
  /** Ends the workers. Jobs under way reject. */
  close(): void;
  [Symbol.dispose](): void;
}

export class ServiceClosedError extends TileScriptError {
  override readonly name = "ServiceClosedError";
  constructor() {
    super("service-closed", "The Triton service was closed before this kernel was compiled");
  }
}

const DEFAULT_TIMEOUT = 300_000;
/** Triton keeps some memory of every kernel; a worker above this starts afresh. */
const WORN_KIB = 2 * 1024 * 1024;

/** A pool of Triton workers. Nothing is started before the first job, so a fully cached build never starts Python. */
export async function startTriton(options: TritonServiceOptions = {}): Promise<TritonService> {
  return new Pool(options);
}

/** Throws EnvironmentError where the worker did not load what the environment's files say. */
function checkVersions({ folder, sitePackages }: PythonEnvironment, { triton, places }: WorkerVersions): void {
  if (triton !== TRITON_VERSION) throw changed(folder, `its Triton says that it is ${triton}, not ${TRITON_VERSION}`);
  const inside = `${realpathSync(join(sitePackages, "triton"))}/`;
  const outside = places.find((path) => !realpathSync(path).startsWith(inside));
  if (outside !== undefined) throw changed(folder, `it takes ${outside} from elsewhere`);
}

interface Waiting {
  readonly start: (worker: WorkerProcess) => void;
  readonly fail: (error: unknown) => void;
}

class Pool implements TritonService {
  readonly jobs: number;
  readonly #options: TritonServiceOptions;
  readonly #workers = new Set<WorkerProcess>();
  readonly #idle: WorkerProcess[] = [];
  readonly #queue: Waiting[] = [];
  #starting = 0;
  #closed = false;
  #environment: Promise<PythonEnvironment> | undefined;

  constructor(options: TritonServiceOptions) {
    this.#options = options;
    this.jobs = Math.max(1, options.jobs ?? availableParallelism());
  }

  async compile(job: TritonJob, options: CompileOptions = {}): Promise<TritonResult> {
    options.signal?.throwIfAborted();
    if (this.#closed) throw new ServiceClosedError();
    const problem = checkJob(job);
    if (problem) return { ok: false, error: problem };
    const result = await this.#attempt(job, options, true);
    const full = result.ok ? undefined : lackOfRoom(result.error);
    if (full) throw full;
    const excess = result.ok ? checkResources(job, result) : undefined;
    return excess ? { ok: false, error: excess } : result;
  }

  close(): void {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.fail(new ServiceClosedError());
    for (const worker of this.#workers) worker.kill();
    this.#workers.clear();
    this.#idle.length = 0;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #attempt(job: TritonJob, options: CompileOptions, mayRetry: boolean): Promise<TritonResult> {
    const worker = await this.#take(options.signal);
    const used = worker.completed > 0;
    const limit = options.timeout ?? this.#options.timeout ?? DEFAULT_TIMEOUT;
    let ended: "timeout" | "abort" | undefined;
    const stop = (why: "timeout" | "abort") => {
      ended = why;
      worker.kill();
    };
    const timer = setTimeout(stop, limit, "timeout");
    const onAbort = () => stop("abort");
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const started = performance.now();
    try {
      const reply = (await worker.run(toMessage(job))) as WorkerReply;
      await this.#checkContent(worker);
      this.#give(worker, reply.residentKib);
      return toResult(job, reply, worker, (performance.now() - started) / 1000);
    } catch (error) {
      worker.kill();
      this.#drop(worker);
      if (!(error instanceof WorkerDeath)) throw error;
      if (ended === "abort") throw options.signal!.reason;
      if (this.#closed) throw new ServiceClosedError();
      // An earlier job may have left the worker damaged: a crash counts when it happens in a fresh one.
      if (ended === undefined && used && mayRetry) return this.#attempt(job, options, false);
      return { ok: false, error: describeDeath(job, error, ended === "timeout" ? limit : undefined) };
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** A free worker: an idle one, a new one while there are fewer than `jobs`, else the next that becomes free. */
  #take(signal: AbortSignal | undefined): Promise<WorkerProcess> {
    const idle = this.#idle.pop();
    if (idle?.alive) return Promise.resolve(idle);
    if (idle) this.#drop(idle);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal!.reason);
      };
      const settled = () => signal?.removeEventListener("abort", onAbort);
      const waiting: Waiting = {
        start: (worker) => {
          settled();
          resolve(worker);
        },
        fail: (error) => {
          settled();
          reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#queue.push(waiting);
      this.#grow();
    });
  }

  #grow(): void {
    if (this.#closed || this.#workers.size + this.#starting >= this.jobs) return;
    if (this.#starting >= this.#queue.length) return;
    this.#starting++;
    this.#startWorker()
      .then((worker) => {
        this.#workers.add(worker);
        if (this.#closed) worker.kill();
        else this.#give(worker);
      })
      .catch((error) => {
        for (const waiting of this.#queue.splice(0)) waiting.fail(error);
      })
      .finally(() => {
        this.#starting--;
      });
  }

  async #startWorker(): Promise<WorkerProcess> {
    const { environment } = this.#options;
    this.#environment ??=
      typeof environment === "object" ? Promise.resolve(environment) : (environment ?? ensureEnvironment)();
    // A failed set-up may be mended and tried again.
    this.#environment.catch(() => {
      this.#environment = undefined;
    });
    const place = await this.#environment;
    const content = await tritonContent(place);
    const worker = await WorkerProcess.start(place.python, this.#options.memoryLimit);
    try {
      checkVersions(place, worker.versions);
      worker.content = content;
      await this.#checkContent(worker);
      return worker;
    } catch (error) {
      worker.kill();
      throw error;
    }
  }

  /** Throws EnvironmentError where Triton is no longer what the worker began with: its assemblers are started anew for each kernel. */
  async #checkContent(worker: WorkerProcess): Promise<void> {
    const place = await this.#environment!;
    if ((await tritonContent(place)) !== worker.content)
      throw changed(place.folder, "it was changed while it was used");
  }

  #give(worker: WorkerProcess, residentKib = 0): void {
    if (!worker.alive || residentKib > WORN_KIB) {
      worker.kill();
      this.#drop(worker);
      return;
    }
    const next = this.#queue.shift();
    if (next) next.start(worker);
    else this.#idle.push(worker);
  }

  /** Forgets a worker and replaces it if somebody waits. */
  #drop(worker: WorkerProcess): void {
    this.#workers.delete(worker);
    if (this.#queue.length > 0) this.#grow();
  }
}

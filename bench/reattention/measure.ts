import { Allocations } from "../../runtime/device/allocations.js";
import type { Device, DeviceBuffer } from "../../runtime/device/device.js";
import type { Heads } from "../../runtime/kernels/attention/heads.js";
import type { ModelKernels } from "../../runtime/kernels/loaded.js";
import type { KernelRunner } from "../../runtime/reattention/kernel-runner.js";
import {
  type Choice,
  decidesAtOnce,
  type QuantizedKeys,
  quantizedBytes,
  quantizedFrom,
  Retrieval,
  type RetrievalOptions,
} from "../../runtime/reattention/retrieval.js";
import { Votes } from "../../runtime/reattention/votes.js";
import { WindowAttention } from "../../runtime/reattention/window-attention.js";
import { intercepted } from "../intercepted.js";
import { fillNormal, quantizedKeys } from "./keys.js";
import { milliseconds } from "./timing.js";

/** The paper's window for models trained for 8k tokens (arXiv 2407.15176, section 4.1). */
const PAPER = { global: 32, local: 4096, topK: 4, span: 32, clip: 127 } as const;

const SCORES = { scale: 0.1, cap: 0, CAP: false } as const;

/** Contexts longer than this have a middle to choose from. */
export const WINDOW_FROM = PAPER.global + PAPER.local;

/** Launches kernels, or only some of them. */
class Runner implements KernelRunner {
  readonly device: Device;
  /** Of one measurement. */
  readonly memory: Allocations;
  readonly kernels: ModelKernels;
  only: readonly string[] | undefined;

  constructor(device: Device, loaded: ModelKernels) {
    this.device = device;
    this.memory = new Allocations(device);
    this.kernels = intercepted(loaded, (name, launch) => {
      if (!this.only || this.only.includes(name)) launch();
    });
  }

  /** Time of some kernels of `work`, of all without names. */
  async time(work: () => void, ...only: string[]): Promise<number> {
    this.only = only.length > 0 ? only : undefined;
    const ms = await milliseconds(this.device, work);
    this.only = undefined;
    return ms;
  }
}

export interface Point {
  readonly what: string;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** Keys that a query picks. Absent in the oldest files. */
  readonly topK?: number;
  readonly queries: number;
  readonly keys: number;
  readonly ms: number;
  /** Times of single kernels. */
  readonly parts?: Readonly<Record<string, number>>;
  /** Bytes of keys per second, TB/s; or operations of the scores per second, TFLOP/s. */
  readonly terabytesPerSecond?: number;
  readonly teraflops?: number;
}

/** A layer's cache on the device, shared by all measurements of a shape. */
export class Layer {
  readonly heads: Heads;
  readonly keys: DeviceBuffer;
  readonly #runner: Runner;
  readonly #tokens: number;

  static async make(device: Device, kernels: ModelKernels, heads: Heads, tokens: number): Promise<Layer> {
    const layer = Layer.empty(device, kernels, heads, tokens);
    await fillNormal(device, layer.keys);
    return layer;
  }

  /** With whatever numbers memory holds: to see what is launched. */
  static empty(device: Device, kernels: ModelKernels, heads: Heads, tokens: number): Layer {
    const keys = device.alloc(tokens * heads.kvHeads * heads.headSize * 2);
    return new Layer(new Runner(device, kernels), heads, keys, tokens);
  }

  private constructor(runner: Runner, heads: Heads, keys: DeviceBuffer, tokens: number) {
    this.#runner = runner;
    this.heads = heads;
    this.keys = keys;
    this.#tokens = tokens;
  }

  /** Whether decode steps may pass over keys in 8 bits. */
  get quantizes(): boolean {
    return decidesAtOnce(this.#runner.device, { ...this.heads, topK: PAPER.topK });
  }

  /** Retrieval of a decode step of one token over `keys` tokens. */
  async decode(keys: number, more: Partial<RetrievalOptions> = {}): Promise<Point> {
    const retrieval = new Retrieval(this.#runner, {
      ...this.heads,
      topK: PAPER.topK,
      queries: 1,
      middle: keys,
      ...more,
    });
    const times = await this.#scan(retrieval, keys, { scan: "reattentionScan", pick: "reattentionPick" });
    const bytes = keys * this.heads.kvHeads * this.heads.headSize * 2;
    return {
      ...this.#point("decode retrieval", 1, keys, more.topK),
      ...times,
      terabytesPerSecond: bytes / times.ms / 1e9,
    };
  }

  /** The same over keys in 8 bits, with what chooses the window from the picks. */
  async decodeQuantized(keys: number): Promise<Point> {
    const { topK, span, clip } = PAPER;
    const retrieval = new Retrieval(this.#runner, { ...this.heads, topK, queries: 1, middle: keys });
    const votes = new Votes(this.#runner, { clip, span, picks: this.heads.heads * topK });
    const names = { scan: "reattentionScanQuantized", decide: "reattentionDecideQuantized" };
    const quantized = this.#quantized(retrieval);
    const times = await this.#scan(retrieval, keys, names, (q) => {
      const { attention, token } = this.#attention(q);
      const beside = attention.beside(token, { local: 0 });
      return { votes, beside, quantized };
    });
    const { codes, bounds } = quantizedBytes(this.heads);
    const bytes = keys * (codes + bounds);
    const what = "decode retrieval, keys in 8 bits";
    return { ...this.#point(what, 1, keys), ...times, terabytesPerSecond: bytes / times.ms / 1e9 };
  }

  /** Times of one token's scan over `keys` tokens, and of its kernels; frees what was allocated for it. */
  async #scan(
    retrieval: Retrieval,
    keys: number,
    names: Readonly<Record<string, string>>,
    choose?: (q: DeviceBuffer) => Choice,
  ) {
    const { device, memory } = this.#runner;
    const qRow = this.heads.heads * this.heads.headSize;
    const q = await this.#queries(qRow, "f32");
    const position = memory.alloc(4);
    await device.write(position, Int32Array.of(keys - 1));
    const seen = { position, global: 0, local: 0 };
    const choice = choose?.(q);
    const scan = () => retrieval.scan({ q, count: 1, qRow }, this.keys, seen, choice);
    const ms = await this.#runner.time(scan);
    const parts: Record<string, number> = {};
    for (const [part, kernel] of Object.entries(names)) parts[part] = await this.#runner.time(scan, kernel);
    memory.free();
    return { ms, parts };
  }

  /** Retrieval of a chunk of queries over `keys` tokens. */
  async prefill(keys: number, queries: number, more: Partial<RetrievalOptions> = {}): Promise<Point> {
    const { heads, headSize } = this.heads;
    const retrieval = new Retrieval(this.#runner, { ...this.heads, topK: PAPER.topK, queries, middle: keys, ...more });
    const qRow = heads * headSize;
    const q = await this.#queries(queries * qRow, "bf16");
    const stream = () => retrieval.stream({ q, count: queries, qRow }, this.keys, 0, keys);
    const ms = await this.#runner.time(stream);
    const parts = {
      stream: await this.#runner.time(stream, "reattentionStream", "reattentionStreamParts"),
      pick: await this.#runner.time(stream, "reattentionPickStreamed", "reattentionPickParts"),
    };
    this.#runner.memory.free();
    const operations = 2 * heads * headSize * queries * keys;
    return {
      ...this.#point("prefill retrieval", queries, keys, more.topK),
      ms,
      parts,
      teraflops: operations / ms / 1e9,
    };
  }

  /** What follows retrieval: votes to window, and attention over the paper's window; a decode step or a chunk. */
  async window(queries: number): Promise<Point> {
    const { device, memory } = this.#runner;
    const { heads, headSize } = this.heads;
    const { global, local, topK, span, clip } = PAPER;
    const total = this.#tokens;
    const middle = total - global - local;
    const retrieval = new Retrieval(this.#runner, { ...this.heads, topK, queries, middle });
    const quantized = total >= quantizedFrom(device, { ...this.heads, topK }) ? this.#quantized(retrieval) : undefined;
    const votes = new Votes(this.#runner, { clip, span, picks: heads * queries * topK });
    const position = memory.alloc(4);
    await device.write(position, Int32Array.of(total - queries));
    const cache = { position, added: queries, global, local };
    const qRow = heads * headSize;
    const q = await this.#queries(queries * qRow, queries === 1 ? "f32" : "bf16");
    const { attention, token } = this.#attention(q);
    const beside = attention.beside(token, cache);
    const { rotary, out } = token;
    const work = () => {
      if (queries === 1) {
        const isBeside = retrieval.scan({ q, count: 1, qRow }, this.keys, cache, { votes, beside, quantized });
        attention.decode(token, votes, cache, isBeside ? beside : undefined);
      } else {
        retrieval.stream({ q, count: queries, qRow }, this.keys, global, middle);
        votes.choose(retrieval, heads * topK, cache);
        attention.prefill(q, qRow, token, votes, cache, rotary, SCORES, out);
      }
    };
    const ms = await this.#runner.time(work);
    const attend = await this.#runner.time(work, "reattentionDecode", "reattentionPrefill");
    const before: Record<string, number> =
      queries === 1
        ? { decide: await this.#runner.time(work, "reattentionDecide", "reattentionDecideQuantized") }
        : await this.#prepare(work);
    const parts = { ...before, attend };
    const what = queries === 1 ? "decode, all of it" : "prefill, all of it";
    memory.free();
    return { ...this.#point(what, queries, total), ms, parts };
  }

  /** Attention of tokens to the paper's window, whose memory is the measurement's. */
  #attention(q: DeviceBuffer) {
    const { device, memory } = this.#runner;
    const { global, local, span, clip } = PAPER;
    const { headSize } = this.heads;
    const window = global + clip * span + local;
    const attention = new WindowAttention(this.#runner, { ...this.heads, window });
    const table = memory.alloc(window * (headSize / 2) * 4);
    device.fill(table, 0);
    const rotary = { cosine: table, sine: table, rotaryRow: headSize / 2 };
    const out = memory.alloc(q.bytes);
    return { attention, token: { q, keys: this.keys, values: this.keys, rotary, scores: SCORES, out } };
  }

  /** All keys in 8 bits, freed with the measurement. */
  #quantized(retrieval: Retrieval): QuantizedKeys {
    const { device, memory } = this.#runner;
    const quantized = quantizedKeys(device, memory, this.heads, this.#tokens);
    retrieval.quantize(this.keys, quantized, 0, this.#tokens);
    return quantized;
  }

  /** Times of what stands between a chunk's picks and its attention. */
  async #prepare(work: () => void): Promise<{ choose: number; gather: number }> {
    // Choosing uses votes up, so it is timed with the picks that cast them. Picks alone pile them up.
    const picks = "reattentionPickStreamed";
    const chosen = await this.#runner.time(work, picks, "reattentionNarrow", "reattentionChoose");
    const choose = chosen - (await this.#runner.time(work, picks));
    return { choose, gather: await this.#runner.time(work, "reattentionGather", "reattentionRotate") };
  }

  free(): void {
    this.keys.free();
  }

  async #queries(elements: number, dtype: "f32" | "bf16"): Promise<DeviceBuffer> {
    const { device, memory } = this.#runner;
    const q = memory.alloc(elements * (dtype === "f32" ? 4 : 2));
    // Keys are normal numbers; so are their bytes taken for queries, and f32 of bf16 pairs are numbers of their size.
    for (let start = 0; start < q.bytes; start += this.keys.bytes) {
      const bytes = Math.min(this.keys.bytes, q.bytes - start);
      device.copy(q.view(start, bytes), this.keys, bytes);
    }
    await device.synchronize();
    return q;
  }

  #point(what: string, queries: number, keys: number, topK: number = PAPER.topK) {
    return { what, ...this.heads, topK, queries, keys };
  }
}

import type { Device } from "../device/device.js";
import { OutOfMemoryError } from "../device/errors.js";
import { openDevice } from "../device/open.js";
import { deferred } from "../generate/deferred.js";
import { GenerateError } from "../generate/errors.js";
import { Generation, type GenerationResult, type Piece, type StopReason } from "../generate/generation.js";
import { type Choices, type GenerateOptions, readOptions } from "../generate/options.js";
import { StopFilter } from "../generate/stop-filter.js";
import { mapFile } from "../native/index.js";
import { modelBundle } from "../package-root.js";
import { type AttentionOptions, type AttentionRequest, readAttention } from "../reattention/attention-options.js";
import { type ChatMessage, createTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { openGguf } from "../weights/index.js";
import { type ModelConfig, readModelConfig } from "./config.js";
import { LlamaRunner } from "./llama/runner.js";
import { tokensThatFit } from "./llama/state.js";

export interface ModelOptions {
  /** A GGUF file. */
  readonly path: string;
  /** Where to run: an open device, a kind, or by default the GPU if there is one, else the CPU executor. */
  readonly device?: Device | "cuda" | "cpu";
  /** Folder of the model kernels' bundle. Default: the package's own, made by `npm start` or `tilescript build`. */
  readonly bundle?: string;
  /** How tokens see those before them: a mode as text or an object. Default: dense. */
  readonly attention?: string | AttentionRequest;
  /**
   * Tokens that the KV cache may hold; it takes memory as it fills. Default: the window the model was trained for, and what memory allows
   * where attention is windowed.
   */
  readonly context?: number;
  /** Lets dense attention go beyond the window the model was trained for, where it gives gibberish: to measure just that. Default false. */
  readonly beyondTrained?: boolean;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/** Decode steps queued ahead of the token being read. The device never waits for the host; what is left over at the end is thrown away. */
const AHEAD = { cuda: 4, cpu: 0 } as const;

/**
 * A language model on a device.
 *
 * ```ts
 * await using model = await Model.load({ path: "SmolLM2-135M-Instruct.Q4_1.gguf" });
 * for await (const { text } of model.generate("What is the capital of France?")) process.stdout.write(text);
 * ```
 */
export class Model {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  /** The layer below: prefill and single steps, without text. */
  readonly runner: LlamaRunner;
  readonly #ownsDevice: boolean;
  /** Tokens whose keys and values the cache holds, so that a conversation's next turn reads only what is new. */
  #cached: number[] = [];
  /** How many of them were read as a prompt; the rest was generated. */
  #read = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Opens the file, uploads its weights and prepares the kernels.
   * @throws ModelError for a bad file, BundleError for missing kernels, OutOfMemoryError where memory does not suffice
   */
  static async load({
    path,
    device: where,
    bundle = modelBundle(),
    attention: request = { kind: "dense" },
    context,
    beyondTrained = false,
    onProgress,
  }: ModelOptions): Promise<Model> {
    if (typeof path !== "string" || path === "")
      throw new GenerateError("path", `path is ${JSON.stringify(path)}; give the path of a GGUF file`);
    using file = openGguf(path, { mapFile });
    const config = readModelConfig(file);
    const attention = readAttention(request, config.context);
    const tokenizer = createTokenizer(file.metadata);
    const owned = where === undefined || typeof where === "string";
    const device = owned ? await openDevice({ prefer: where }) : where;
    try {
      const loaded = await device.load(bundle);
      const runner = await LlamaRunner.load(device, loaded, file, config, {
        capacity: contextFor(context, attention, config, device, beyondTrained),
        attention,
        onLayer: (done) => onProgress?.("Uploading weights", done, config.layers),
      });
      return new Model(runner, tokenizer, attention, owned);
    } catch (error) {
      if (owned) device.close();
      throw error;
    }
  }

  private constructor(runner: LlamaRunner, tokenizer: Tokenizer, attention: AttentionOptions, ownsDevice: boolean) {
    this.runner = runner;
    this.attention = attention;
    this.device = runner.device;
    this.config = runner.config;
    this.tokenizer = tokenizer;
    this.#ownsDevice = ownsDevice;
  }

  /** Tokens that prompt and answer may have together. */
  get context(): number {
    return this.runner.capacity;
  }

  /**
   * Answers a prompt (as the user's turn of the model's own chat template) or continues a conversation. Generations of one model run one
   * after another. @throws GenerateError, from the iteration, for bad options and for a prompt longer than the context.
   */
  generate(prompt: string | readonly ChatMessage[], options: GenerateOptions = {}): Generation {
    const messages = typeof prompt === "string" ? [{ role: "user" as const, content: prompt }] : prompt;
    return this.generateFrom(() => this.tokenizer.encodeChat(messages), options);
  }

  /** Continues token ids as they are, without a template. */
  generateFrom(prompt: readonly number[] | (() => readonly number[]), options: GenerateOptions = {}): Generation {
    return new Generation(() => this.#alone(prompt, options));
  }

  /**
   * What the last chunk of the latest prompt could see: for each layer the ascending positions of its window. Undefined where it saw
   * everything: in dense attention, and in prompts no longer than global + local.
   */
  inspectSelection(): Promise<Int32Array[] | undefined> {
    return this.runner.seen();
  }

  /** Frees all that the model has of the device, and the device where the model opened it. A generation under way ends with a DeviceError. */
  close(): void {
    this.runner.close();
    if (this.#ownsDevice) this.device.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.catch(() => {});
    this.close();
  }

  async *#alone(
    prompt: readonly number[] | (() => readonly number[]),
    options: GenerateOptions,
  ): AsyncGenerator<Piece, GenerationResult> {
    const before = this.#turn;
    const mine = deferred<void>();
    this.#turn = mine.promise;
    try {
      await before;
      return yield* this.#generate(typeof prompt === "function" ? prompt() : prompt, options);
    } finally {
      mine.resolve();
    }
  }

  async *#generate(prompt: readonly number[], options: GenerateOptions): AsyncGenerator<Piece, GenerationResult> {
    const began = performance.now();
    const choices = readOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    const limit = this.#room(prompt, choices);
    const runner = this.runner;
    const past = this.#reusable(prompt);
    this.#cached = this.#cached.slice(0, past);
    this.#commit(prompt.length + limit);
    const fresh = prompt.slice(past);
    await runner.prefill(fresh, past, choices, {
      signal,
      onProgress: (done) => options.onPrefill?.(past + done, prompt.length),
    });

    const arrivals: Promise<void>[] = [runner.arrived()];
    const ends = new Set(this.tokenizer.eosIds);
    const decoder = this.tokenizer.decoder({ skipSpecial: true });
    const filter = new StopFilter(choices.stop);
    const tokens: number[] = [];
    let text = "";
    let firstAt = 0;
    let lastAt = 0;
    let stopReason: StopReason = limit < choices.maxTokens ? "context" : "maxTokens";
    try {
      for (let step = 0; step < limit; step++) {
        while (arrivals.length <= AHEAD[this.device.kind] && step + arrivals.length < limit) {
          runner.step();
          arrivals.push(runner.arrived());
        }
        await arrivals.shift();
        signal?.throwIfAborted();
        const token = runner.token(step);
        lastAt = performance.now();
        if (step === 0) firstAt = lastAt;
        if (ends.has(token)) {
          stopReason = "end";
          break;
        }
        tokens.push(token);
        const piece = filter.push(decoder.push(token));
        text += piece;
        if (piece) yield { text: piece, token };
        if (filter.stopped) {
          stopReason = "stop";
          break;
        }
      }
      const rest = filter.push(decoder.flush()) + filter.flush();
      if (filter.stopped) stopReason = "stop";
      text += rest;
      if (rest) yield { text: rest, token: tokens.at(-1)! };
    } finally {
      // Steps queued ahead still write to the cache, behind the tokens that count.
      await Promise.allSettled(arrivals);
      this.#cached = [...prompt, ...tokens.slice(0, -1)];
      this.#read = prompt.length;
    }
    const decodeMs = lastAt - firstAt;
    return {
      text,
      tokens,
      promptTokens: prompt.length,
      cachedTokens: past,
      stopReason,
      timings: {
        firstTokenMs: firstAt - began,
        decodeMs,
        promptTokensPerSecond: (fresh.length / (firstAt - began)) * 1000,
        tokensPerSecond: decodeMs > 0 ? ((tokens.length - 1) / decodeMs) * 1000 : 0,
      },
    };
  }

  /**
   * Tokens of `prompt` that need not be read again. In windowed attention a token's keys depend on the chunk it was read in, so there only
   * whole chunks of an earlier prompt count: then an answer depends on what was asked before by no more than rounding.
   */
  #reusable(prompt: readonly number[]): number {
    const common = commonPrefix(this.#cached, prompt);
    if (this.attention.kind === "dense") return common;
    const { chunk } = this.attention;
    return Math.floor(Math.min(common, this.#read) / chunk) * chunk;
  }

  /** Takes the memory that a whole generation needs before it begins, so that it cannot run out half-way. */
  #commit(tokens: number): void {
    try {
      this.runner.grow(tokens);
    } catch (cause) {
      if (!(cause instanceof OutOfMemoryError)) throw cause;
      throw new GenerateError(
        "prompt",
        `prompt and answer have up to ${tokens} tokens, and about ${this.runner.fits} fit into the memory of ${this.device.name}: shorten the prompt or lower maxTokens`,
        { cause },
      );
    }
  }

  /** How to make room for a longer prompt. */
  #wider(): string {
    const trained = this.attention.kind === "dense" && this.context >= this.config.context;
    return trained ? 'use attention "reattention" (--attention reattention)' : "give a larger context (--context)";
  }

  /** Tokens that may be generated after `prompt`. */
  #room(prompt: readonly number[], { maxTokens }: Choices): number {
    if (prompt.length === 0) throw new GenerateError("prompt", "the prompt is empty; give at least one token");
    const room = this.context - prompt.length;
    if (room <= 0)
      throw new GenerateError(
        "prompt",
        `the prompt has ${prompt.length} tokens and the context holds ${this.context} for prompt and answer: shorten the prompt or ${this.#wider()}`,
      );
    return Math.min(maxTokens, room);
  }
}

/** Tokens at the start that both have; at least one token of the prompt stays to be read, since its logits are needed. */
function commonPrefix(cached: readonly number[], prompt: readonly number[]): number {
  let length = 0;
  while (length < cached.length && length < prompt.length - 1 && cached[length] === prompt[length]) length++;
  return length;
}

/** Tokens that a windowed model may hold where nobody said how many: retrieval counts up to 8M, and the CPU executor is for trying. */
const MOST = { cuda: 8 << 20, cpu: 32 << 10 } as const;

/** Why there may be less than the machine has. */
const REACH = { cuda: "", cpu: " (of 4 GiB, which is all that it reaches)" } as const;

function contextFor(
  context: number | undefined,
  attention: AttentionOptions,
  config: ModelConfig,
  device: Device,
  beyondTrained: boolean,
): number {
  const fits = tokensThatFit(device, config);
  const dense = attention.kind === "dense";
  const wanted = context ?? (dense ? config.context : Math.min(MOST[device.kind], fits));
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new GenerateError("context", `context is ${JSON.stringify(wanted)}; give a positive whole number of tokens`);
  if (dense && wanted > config.context && !beyondTrained)
    throw new GenerateError(
      "context",
      `context is ${wanted}, and the model was trained for ${config.context} tokens: dense attention over more gives gibberish; give at most ${config.context}, or attention "reattention"`,
    );
  if (wanted > fits && context !== undefined)
    throw new GenerateError(
      "context",
      `context is ${wanted}, and about ${fits} tokens fit into the memory that ${device.name} has free${REACH[device.kind]}; give at most that`,
    );
  return wanted;
}

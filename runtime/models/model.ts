import type { Device } from "../device/device.js";
import { Answering, type Prompt } from "../generate/answering.js";
import { requireNoTools } from "../generate/bounds.js";
import type { Embeddings, EmbedOptions } from "../generate/embedding.js";
import { Generation } from "../generate/generation.js";
import type { GenerateOptions } from "../generate/options.js";
import type { ScoreOptions, Scores } from "../generate/scoring.js";
import { Session, type SessionOptions } from "../generate/session.js";
import type { AttentionOptions, AttentionRequest } from "../reattention/attention-options.js";
import type { ChatMessage, Tokenizer } from "../tokenizer/index.js";
import { explainNoNumbers } from "../weights/index.js";
import type { ModelConfig } from "./config.js";
import type { ModelDecoder } from "./decoder.js";
import { type LoadedModel, loadModel } from "./load.js";
import type { ModelSequence } from "./runner.js";

/** What is loaded, where to, and with what room. */
export interface ModelOptions {
  /** A GGUF file, any part of a split one, or the folder of a Hugging Face model. */
  readonly path: string;
  /** Where to run: an open device, a kind, or by default the GPU if there is one, else the CPU executor. */
  readonly device?: Device | "cuda" | "cpu";
  /**
   * Several devices that have one sequence together, instead of one: `[0, 1]` is two GPUs by their numbers, which must reach each other's memory,
   * `["cpu", "cpu"]` two devices of the CPU executor. Each has the weights, and its share of the cache to pass over. Answers are those of one device;
   * with dense attention up to a token that is a close call.
   */
  readonly devices?: readonly number[] | readonly "cpu"[];
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
  /**
   * Refuse a model without a chat template that can be used, before anything is compiled or uploaded. Default false: whoever continues plain
   * tokens needs none.
   */
  readonly chat?: boolean;
  /**
   * Generations that the model works on at once, 1 to 64; others wait for their turn. With several, dense attention decodes one token of each in a
   * step, which costs a GPU little more than a step of one and takes some kernels of its own; windowed attention takes them in turn, a step each, and so
   * does the CPU executor those that are fewer than six. Each has memory for its prompt and its answer. Default 1.
   */
  readonly sequences?: number;
  /** Generations that may wait for their turn; one more is refused. Default 1024. */
  readonly waiting?: number;
  /** Ends loading: it rejects with the signal's reason, and nothing stays on the device. */
  readonly signal?: AbortSignal;
  /** `done` of `total` bytes of weights, or of the kernels that have to be compiled first; a total of 0 where there is nothing to count. */
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/**
 * A language model on a device.
 *
 * ```ts
 * await using model = await Model.load({ path: "SmolLM2-135M-Instruct.Q4_1.gguf" });
 * for await (const { text } of model.generate("What is the capital of France?")) process.stdout.write(text);
 * ```
 */
export class Model {
  /** Where it is; of several devices the first. */
  readonly device: Device;
  readonly devices: readonly Device[];
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  readonly #decoder: ModelDecoder;
  readonly #close: () => void;
  readonly #answering: Answering;
  #runner: ModelSequence | undefined;

  /**
   * Opens the files, uploads the weights and prepares the kernels.
   * @throws ModelError for bad files, BundleError for missing kernels, OutOfMemoryError where memory does not suffice
   */
  static async load(options: ModelOptions): Promise<Model> {
    const loaded = await loadModel(options);
    try {
      return new Model(loaded, options.path);
    } catch (error) {
      loaded.close();
      throw error;
    }
  }

  private constructor({ decoder, devices, tokenizer, attention, close, ...queue }: LoadedModel, path: string) {
    const { device, config } = decoder.host;
    this.attention = attention;
    this.device = device;
    this.devices = devices;
    this.config = config;
    this.tokenizer = tokenizer;
    this.#decoder = decoder;
    this.#close = close;
    const explain = (signal: AbortSignal | undefined) => explainNoNumbers(path, signal);
    this.#answering = new Answering({ decoder, tokenizer, attention, explain, ...queue });
  }

  /** Tokens that prompt and answer may have together. */
  get context(): number {
    return this.#decoder.host.capacity;
  }

  /** The layer below: prefill and single steps of a sequence that is apart from those of generations, without text. @internal */
  get runner(): ModelSequence {
    this.#runner ??= this.#decoder.sequence();
    return this.#runner;
  }

  /**
   * Answers a prompt (as the user's turn of the model's own chat template) or continues a conversation. As many
   * generations as the model has `sequences` run at once, others after them; what a prompt has in common with earlier ones is not read again.
   * @throws GenerateError, from the iteration, for bad options, a prompt longer than the context and a full queue; DeviceError where the model is
   * closed; ModelError where the answer is made of what is no number, as damaged weights give.
   */
  generate(prompt: string | readonly ChatMessage[], options: GenerateOptions = {}): Generation {
    const messages = typeof prompt === "string" ? [{ role: "user" as const, content: prompt }] : prompt;
    return new Generation((to) => this.#answering.start(() => this.#answering.encode(messages, options), options, to));
  }

  /** Continues token ids as they are, without a template. */
  generateFrom(prompt: Prompt, options: GenerateOptions = {}): Generation {
    return new Generation((to) => {
      try {
        requireNoTools(options, "model.generate, whose chat template tells the model of them");
      } catch (error) {
        to.fail(error);
        return () => {};
      }
      return this.#answering.start(prompt, options, to);
    });
  }

  /**
   * Texts (or their tokens) as vectors: what the model has of their tokens behind its last layer and norm, pooled. Texts are read one after another, a
   * chunk at a time, in turn with answers.
   * @throws GenerateError for bad options, and texts that are empty or longer than the context
   *
   * ```ts
   * const { vectors } = await model.embed(["a cat", "a dog"], { pooling: "last" });
   * ```
   */
  async embed(texts: readonly (string | readonly number[])[], options: EmbedOptions = {}): Promise<Embeddings> {
    return this.#answering.embed(texts, options);
  }

  /**
   * How well the model expects a text: the log probability of each of its tokens behind all those before it, a chunk of the text at a time, in turn with
   * answers. Nothing comes before the first token, so there is none of that. Logits stay on the device. In windowed attention a token sees what it would
   * see in a prompt, where the tokens of a chunk choose together.
   * @throws GenerateError, from the iteration, for bad options, and a text that has fewer than two tokens or more than the context holds
   *
   * ```ts
   * for await (const { first, logprobs } of model.score("The sky is blue.")) console.log(first, logprobs);
   * ```
   */
  score(text: string | readonly number[], options: ScoreOptions = {}): AsyncGenerator<Scores, void> {
    return this.#answering.score(text, options);
  }

  /** A conversation, which reads only what is new of each turn; several of one model share what they have in common. */
  session(options: SessionOptions = {}): Session {
    return new Session(this.#answering, options);
  }

  /**
   * A conversation that `session.save` wrote, with its cache: its next turn reads only what is new. @throws SessionFileError that says why it is not taken:
   * another model, another attention, another version, a damaged file
   */
  async restore(path: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Session> {
    const { last, ...options } = await this.#answering.restore(path, signal);
    return new Session(this.#answering, options, last);
  }

  /**
   * What the last chunk of the latest prompt could see: for each layer the ascending positions of its window. Undefined where it saw
   * everything: in dense attention, and in prompts no longer than global + local.
   */
  inspectSelection(): Promise<Int32Array[] | undefined> {
    return this.#decoder.seen();
  }

  /**
   * Frees all that the model has of the device, and the device where the model opened it. Generations that wait or are under way end with a
   * DeviceError.
   */
  close(): void {
    this.#answering.close();
    this.#close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The same, and waits for what the device has begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#answering.close();
    await this.#answering.idle();
    this.#close();
  }
}

/** A loaded model as a language model of the AI SDK, in process: `import { languageModel } from "tilescript/ai-sdk"`. */
import { randomUUID } from "node:crypto";
import { GenerateError, type Model, type Piece, type ToolCall } from "../runtime/index.js";
import { messagesOf } from "./messages.js";
import { optionsOf } from "./options.js";
import type {
  CallOptions,
  GenerateResult,
  LanguageModel,
  StreamPart,
  ToolCallContent,
  Version,
  Words,
} from "./specification.js";
import { SPEAKERS } from "./words.js";

export type * from "./specification.js";

/** What the model is called, and for which AI SDK it is. */
export interface LanguageModelOptions {
  /** What the model is called in results and telemetry. Default "local". */
  readonly id?: string;
  /** Of the AI SDK's specification: "v4" for AI SDK 7, "v3", the default, for AI SDK 6 and 7, "v2" for AI SDK 5. */
  readonly specification?: Version;
}

/**
 * A model that the AI SDK's functions take, without a server between. Each call goes through the model's own chat template; `responseFormat` (as of
 * generateObject) and required tools hold the answer to their schema. Other options of `model.generate` are given as `providerOptions: { tilescript: { … } }`.
 *
 * ```ts
 * await using model = await Model.load({ path });
 * const { text } = await generateText({ model: languageModel(model), prompt: "Why is the sky blue?" });
 * ```
 */
export function languageModel(
  model: Model,
  options?: LanguageModelOptions & { readonly specification?: "v3" },
): LanguageModel<"v3">;
export function languageModel<V extends Version>(
  model: Model,
  options: LanguageModelOptions & { readonly specification: V },
): LanguageModel<V>;
export function languageModel(model: Model, options: LanguageModelOptions = {}) {
  const { id = "local", specification = "v3", ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new GenerateError(unknown, `there is no option ${unknown}; there are id and specification`);
  if (!Object.hasOwn(SPEAKERS, specification))
    throw new GenerateError(
      "specification",
      `specification is ${JSON.stringify(String(specification))}; give ${Object.keys(SPEAKERS).sort().join(", ")}`,
    );
  return modelOf(model, id, specification);
}

function modelOf<V extends Version>(model: Model, id: string, specification: V): LanguageModel<V> {
  const speaker = SPEAKERS[specification];
  const begin = (options: CallOptions) => {
    const warnings: Words[V]["warning"][] = [];
    const warn = (feature: string, details: string) => void warnings.push(speaker.warning(feature, details));
    const generation = model.generate(messagesOf(options.prompt, warn), optionsOf(options, warn));
    return { generation, warnings, response: { id: randomUUID(), timestamp: new Date(), modelId: id } };
  };
  return {
    specificationVersion: specification,
    provider: "tilescript",
    modelId: id,
    supportedUrls: {},
    async doGenerate(options): Promise<GenerateResult<V>> {
      const { generation, warnings, response } = begin(options);
      const result = await generation.result;
      const { text, toolCalls = [], stopReason } = result;
      return {
        content: [...(text === "" ? [] : [{ type: "text" as const, text }]), ...toolCalls.map(called)],
        finishReason: speaker.finishReason(stopReason),
        usage: speaker.usage(result),
        ...{ warnings, response },
      };
    },
    async doStream(options) {
      const { generation, warnings, response } = begin(options);
      const pieces = generation[Symbol.asyncIterator]();
      // What is wrong with the call shows before its first piece.
      let next = await pieces.next();
      const told = new Told<V>();
      async function* parts(): AsyncGenerator<StreamPart<V>> {
        yield { type: "stream-start", warnings };
        yield { type: "response-metadata", ...response };
        for (; !next.done; next = await pieces.next()) yield* told.piece(next.value);
        const result = await generation.result;
        yield* told.end();
        yield { type: "finish", usage: speaker.usage(result), finishReason: speaker.finishReason(result.stopReason) };
      }
      return { stream: streamOf(parts(), () => pieces.return!(undefined), options.abortSignal) };
    },
  };
}

const called = ({ id, name, arguments: given }: ToolCall): ToolCallContent => ({
  type: "tool-call",
  toolCallId: id,
  toolName: name,
  input: JSON.stringify(given),
});

/** Pieces as parts of a stream: text in one stretch before, between or behind calls. */
class Told<V extends Version> {
  #stretches = 0;
  #isOpen = false;

  *piece({ text, toolCalls = [] }: Piece): Generator<StreamPart<V>> {
    if (text !== "") {
      if (!this.#isOpen) yield { type: "text-start", id: `${this.#stretches}` };
      this.#isOpen = true;
      yield { type: "text-delta", id: `${this.#stretches}`, delta: text };
    }
    for (const call of toolCalls) {
      yield* this.end();
      const whole = called(call);
      yield { type: "tool-input-start", id: call.id, toolName: call.name };
      yield { type: "tool-input-delta", id: call.id, delta: whole.input };
      yield { type: "tool-input-end", id: call.id };
      yield whole;
    }
  }

  *end(): Generator<StreamPart<V>> {
    if (this.#isOpen) yield { type: "text-end", id: `${this.#stretches++}` };
    this.#isOpen = false;
  }
}

/** An abort fails the stream, as one of a request would; other errors are a part of it. */
function streamOf<V extends Version>(
  parts: AsyncGenerator<StreamPart<V>>,
  leave: () => unknown,
  signal: AbortSignal | undefined,
): ReadableStream<StreamPart<V>> {
  return new ReadableStream<StreamPart<V>>({
    async pull(controller) {
      try {
        const { value, done } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        if (signal?.aborted) return controller.error(error);
        controller.enqueue({ type: "error", error });
        controller.close();
      }
    },
    async cancel() {
      await leave();
    },
  });
}

/** Answers through the model: whole, or in pieces as they come. */

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { GenerateOptions, Generation, GenerationResult } from "../runtime/index.js";
import { Answer, type Shape } from "./answers.js";
import { asRequestError, bodyOf, RequestError } from "./errors.js";
import { type CommonRequest, optionsOf } from "./requests.js";
import type { Env, Served } from "./served.js";

const CLOSED = new RequestError(503, "closing", "the server is being stopped");

export async function answer(
  served: Served,
  c: Context<Env>,
  request: CommonRequest,
  shape: Shape,
  generate: (options: GenerateOptions) => Generation,
): Promise<Response> {
  served.requireModel(request.model);
  const leave = served.queue.enter();
  const gone = new AbortController();
  // What ends it: its caller goes away, or the server is closed.
  const signal = AbortSignal.any([c.req.raw.signal, gone.signal, served.closing]);
  const words = new Answer(shape, served.id, served.model.tokenizer);
  const finish = (result: GenerationResult): GenerationResult => {
    served.metrics.answer(result);
    c.set("note", `${result.promptTokens} + ${result.tokens.length} tokens`);
    return result;
  };
  let isLeft = true;
  try {
    const generation = generate({ ...optionsOf(request), signal });
    if (!request.stream) return c.json(words.whole(finish(await generation.result)));
    const pieces = generation[Symbol.asyncIterator]();
    // What is wrong with the request shows before its first piece, when a status can still say it.
    let next = await pieces.next();
    isLeft = false;
    let sent!: () => void;
    c.set("until", new Promise((resolve) => (sent = resolve)));
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => gone.abort());
      const send = (object: object) => stream.writeSSE({ data: JSON.stringify(object) });
      try {
        const opening = words.opening();
        if (opening) await send(opening);
        for (; !next.done; next = await pieces.next()) await send(words.piece(next.value));
        const result = finish(await generation.result);
        await send(words.closing(result));
        if (request.stream_options?.include_usage) await send(words.usage(result));
        await stream.writeSSE({ data: "[DONE]" });
      } catch (error) {
        // Its caller hears of it as OpenAI's clients expect: an object with an error among the pieces.
        if (!gone.signal.aborted) await send(bodyOf(asRequestError(served.closing.aborted ? CLOSED : error)));
        c.set("note", "broken off");
      } finally {
        await pieces.return?.(undefined);
        leave();
        sent();
      }
    });
  } catch (error) {
    throw served.closing.aborted ? CLOSED : error;
  } finally {
    if (isLeft) leave();
  }
}

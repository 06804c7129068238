/** Texts as vectors, as OpenAI's API has them. */
import type { Context } from "hono";
import { z } from "zod";
import { RequestError } from "./errors.js";
import type { Env, Served } from "./served.js";

const tokens = z.array(z.number());

export const embeddingsRequest = z.strictObject({
  model: z.string(),
  input: z.union([
    z.string().transform((one) => [one]),
    tokens.min(1).transform((one) => [one]),
    z.array(z.union([z.string(), tokens])).min(1),
  ]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  /** Beside OpenAI's: what `model.embed` has. */
  pooling: z.enum(["mean", "last", "cls"]).nullish(),
  normalize: z.boolean().nullish(),
  user: z.unknown().optional(),
});

export async function embeddings(
  served: Served,
  c: Context<Env>,
  request: z.infer<typeof embeddingsRequest>,
): Promise<Response> {
  served.requireModel(request.model);
  const leave = served.queue.enter();
  try {
    const { vectors, tokens } = await served.model.embed(request.input, {
      signal: AbortSignal.any([c.req.raw.signal, served.closing]),
      ...(request.pooling ? { pooling: request.pooling } : {}),
      ...(request.normalize === undefined || request.normalize === null ? {} : { normalize: request.normalize }),
    });
    c.set("note", `${vectors.length} texts, ${tokens} tokens`);
    const isPacked = request.encoding_format === "base64";
    return c.json({
      object: "list",
      model: served.id,
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: isPacked ? packed(vector) : [...vector],
      })),
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  } catch (error) {
    throw served.closing.aborted ? new RequestError(503, "closing", "the server is being stopped") : error;
  } finally {
    leave();
  }
}

/** f32, the low byte first, as the client reads it. */
function packed(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => {
    bytes.writeFloatLE(value, i * 4);
  });
  return bytes.toString("base64");
}

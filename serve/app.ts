import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Model } from "../runtime/index.js";
import { accounted, requireLocalName, requireToken } from "./access.js";
import { CHAT, COMPLETION } from "./answers.js";
import { embeddings, embeddingsRequest } from "./embeddings.js";
import { asRequestError, bodyOf, RequestError } from "./errors.js";
import { answer } from "./generating.js";
import { PAGE, PAGE_HEADERS } from "./page.js";
import { chatRequest, completionRequest, detokenizeRequest, messagesOf, read, tokenizeRequest } from "./requests.js";
import type { Env, Served } from "./served.js";

export interface AppSettings {
  readonly token: string | undefined;
  readonly bodyBytes: number;
  /** Whether only this machine can ask. */
  readonly local: boolean;
  readonly log: (line: string) => void;
}

/** What answers without a token: it says nothing of the model or of what is asked. */
const OPEN = new Set([...Object.keys(PAGE), "/health"]);

/** What is answered before the body is read. */
const UNREAD: ReadonlySet<number> = new Set([401, 403, 413, 415]);

/** The endpoints, by OpenAI's names where it has them and llama.cpp's where it has not. */
export function createApp(served: Served, { token, bodyBytes, local, log }: AppSettings): Hono<Env> {
  const { model, id } = served;
  const app = new Hono<Env>();
  const routes = new Set<string>();
  app.use(accounted(served, routes, log));
  if (local && token === undefined) app.use(requireLocalName);
  if (token !== undefined) {
    const check = requireToken(token);
    app.use((c, next) => (OPEN.has(c.req.path) ? next() : check(c, next)));
  }
  const tooLarge = (): never => {
    throw new RequestError(413, "body_too_large", `the body has more than ${bodyBytes} bytes`);
  };
  app.use(bodyLimit({ maxSize: bodyBytes, onError: tooLarge }));

  for (const [path, { type, text }] of Object.entries(PAGE))
    app.get(path, (c) => c.body(text, 200, { ...PAGE_HEADERS, "content-type": type }));
  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/metrics", (c) => c.text(served.metrics.text(served.queue.inside)));

  const entry = { id, object: "model", created: served.since, owned_by: "tilescript", context: model.context };
  app.get("/v1/models", (c) => c.json({ object: "list", data: [entry] }));
  app.get("/v1/models/:id", (c) => {
    served.requireModel(c.req.param("id"));
    return c.json(entry);
  });

  app.post("/v1/chat/completions", async (c) => {
    const request = await read(c, chatRequest);
    return answer(served, c, request, CHAT, (options) => model.generate(messagesOf(request), options));
  });
  app.post("/v1/completions", async (c) => {
    const request = await read(c, completionRequest);
    const { prompt } = request;
    const ids = typeof prompt === "string" ? await idsOf(model, prompt) : prompt;
    return answer(served, c, request, COMPLETION, (options) => model.generateFrom(ids, options));
  });

  app.post("/v1/embeddings", async (c) => embeddings(served, c, await read(c, embeddingsRequest)));

  app.post("/tokenize", async (c) => {
    const { content } = await read(c, tokenizeRequest);
    return c.json({ tokens: await idsOf(model, content) });
  });
  app.post("/detokenize", async (c) => {
    const { tokens } = await read(c, detokenizeRequest);
    return c.json({ content: model.tokenizer.decode(tokens) });
  });

  for (const { path } of app.routes) routes.add(path);
  app.notFound((c) => {
    const { method, path } = c.req;
    return c.json(bodyOf(new RequestError(404, "not_found", `there is no ${method} ${path} here`)), 404);
  });
  app.onError((error, c) => {
    const known = asRequestError(error);
    if (known.status === 500) log(`${c.res.headers.get("x-request-id") ?? ""} ${error.stack ?? error}`);
    // A body that was not read may still come: what follows on the same connection would be lost with it.
    if (UNREAD.has(known.status)) c.header("connection", "close");
    if (known.status === 429) c.header("retry-after", "1");
    return c.json(bodyOf(known), known.status);
  });
  return app;
}

/** Ids of a text, others' requests between its parts. */
async function idsOf({ tokenizer }: Model, text: string): Promise<number[]> {
  const ids: number[] = [];
  for (const part of tokenizer.encodeParts(text)) {
    for (const id of part) ids.push(id);
    await new Promise(setImmediate);
  }
  return ids;
}

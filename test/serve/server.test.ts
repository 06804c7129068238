/** What a server does besides answering: who may ask, how much, and how it ends. */

import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Model } from "../../runtime/index.js";
import { GenerateError } from "../../runtime/index.js";
import { asRequestError } from "../../serve/errors.js";
import { serve } from "../../serve/index.js";
import { serveTiny, tinyModel } from "./served.js";

let model: Model;
beforeAll(async () => {
  model = await tinyModel();
}, 120_000);
afterAll(() => model.close());

const chat = (changes: object = {}) => ({
  ...{ model: "tiny", messages: [{ role: "user", content: "hi" }], temperature: 0, max_tokens: 4, ...changes },
});
const problemOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string; code: string } }).error;

test("a token is asked for where others can reach it, and nothing is told without", async () => {
  await expect(serve(model, { name: "tiny", host: "0.0.0.0", port: 0 })).rejects.toThrow(/no token is asked for/);
  const server = await serveTiny(model, { token: "secret" });
  try {
    for (const authorization of [undefined, "Bearer wrong", "secret"]) {
      const response = await server.post("/v1/chat/completions", chat(), authorization ? { authorization } : {});
      expect(response.status).toBe(401);
      expect(await problemOf(response)).toMatchObject({ type: "authentication_error", code: "invalid_api_key" });
    }
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect((await server.post("/v1/chat/completions", chat(), { authorization: "Bearer secret" })).status).toBe(200);
  } finally {
    await server.close();
  }
});

test("another page's requests are refused: names that are not this machine's, and bodies that need no leave", async () => {
  const server = await serveTiny(model);
  try {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write("GET /v1/models HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 403 /);
    const simple = await server.post("/v1/chat/completions", chat(), { "content-type": "text/plain" });
    expect(simple.status).toBe(415);
  } finally {
    await server.close();
  }
});

test("bodies are limited, and bad ones are named", async () => {
  const server = await serveTiny(model, { bodyBytes: 1000 });
  try {
    const large = await server.post("/v1/chat/completions", chat({ user: "x".repeat(2000) }));
    expect([large.status, (await problemOf(large)).message]).toEqual([413, "the body has more than 1000 bytes"]);
    // The rest of that body would be taken for the next request.
    expect(large.headers.get("connection")).toBe("close");
    const beyond = await server.post("/detokenize", { tokens: [1, 1e9] });
    expect(beyond.status).toBe(400);
    expect(await problemOf(beyond)).toMatchObject({
      code: "invalid_value",
      param: "tokens",
      message: expect.stringMatching(/^there is no token 1000000000 in a vocabulary/),
    });
    const bad = await server.post("/v1/chat/completions", '{"model": ');
    expect([bad.status, (await problemOf(bad)).code]).toEqual([400, "invalid_json"]);
    const none = await server.post("/v1/nothing", {});
    expect([none.status, (await problemOf(none)).message]).toEqual([404, "there is no POST /v1/nothing here"]);
  } finally {
    await server.close();
  }
});

test("tokens and back, metrics, a line a request with its id", async () => {
  const server = await serveTiny(model);
  try {
    const { tokens } = (await (await server.post("/tokenize", { content: "hi" })).json()) as { tokens: number[] };
    expect(tokens).toEqual(model.tokenizer.encode("hi"));
    const back = await (await server.post("/detokenize", { tokens })).json();
    expect(back).toEqual({ content: model.tokenizer.decode(tokens) });
    const answered = await server.post("/v1/chat/completions", chat(), { "x-request-id": "mine-1" });
    expect(answered.headers.get("x-request-id")).toBe("mine-1");
    await fetch(`${server.url}/guess`);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^tilescript_requests_total\{path="\/v1\/chat\/completions",status="200"\} 1$/m);
    expect(metrics).toMatch(/^tilescript_requests_total\{path="other",status="404"\} 1$/m);
    expect(metrics).toMatch(/^tilescript_generated_tokens_total 4$/m);
    expect(metrics).toMatch(/^tilescript_first_token_seconds_count 1$/m);
    expect(server.lines.find((line) => line.includes("mine-1"))).toMatch(
      / mine-1 POST "\/v1\/chat\/completions" 200 \d+ ms, \d+ \+ 4 tokens$/,
    );
  } finally {
    await server.close();
  }
});

test("a client that goes away stops its generation, and what comes beyond the queue is told so", async () => {
  const server = await serveTiny(model, { queue: 2 });
  try {
    const gone = new AbortController();
    const long = () =>
      fetch(`${server.url}/v1/chat/completions`, {
        ...{ method: "POST", headers: { "content-type": "application/json" }, signal: gone.signal },
        body: JSON.stringify(chat({ max_tokens: 4000, stream: true })),
      });
    const one = await long();
    const reader = one.body!.getReader();
    await reader.read();
    const waiting = long().catch(() => undefined);
    await expect.poll(async () => (await fetch(`${server.url}/metrics`)).text()).toMatch(/under_way 2$/m);
    const third = await server.post("/v1/chat/completions", chat());
    expect([third.status, third.headers.get("retry-after")]).toEqual([429, "1"]);
    gone.abort();
    await waiting;
    await expect.poll(async () => (await fetch(`${server.url}/metrics`)).text()).toMatch(/under_way 0$/m);
    expect((await server.post("/v1/chat/completions", chat())).status).toBe(200);
  } finally {
    await server.close();
  }
});

test("a full queue of the model's own is no mistake of the caller's either", () => {
  const { status, code } = asRequestError(new GenerateError("waiting", "1024 generations wait already"));
  expect([status, code]).toEqual([429, "queue_full"]);
});

test("closing lets what is under way end, and breaks off what takes too long", async () => {
  const server = await serveTiny(model, { patienceMs: 2000 });
  const short = server.post("/v1/chat/completions", chat());
  const long = await server.post("/v1/chat/completions", chat({ max_tokens: 4000, stream: true }));
  const text = long.text();
  const closed = server.close();
  expect((await short).status).toBe(200);
  expect(await text).toMatch(/"code":"closing"/);
  await closed;
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();
});

test("an address that is taken is an error with the way out", async () => {
  const server = await serveTiny(model);
  try {
    const port = Number(new URL(server.url).port);
    await expect(serve(model, { name: "tiny", port })).rejects.toThrow(/another program does\. Give another port/);
  } finally {
    await server.close();
  }
});

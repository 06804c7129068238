import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { TileScriptError } from "../dsl/errors.js";
import type { Model } from "../runtime/index.js";
import { createApp } from "./app.js";
import { Served } from "./served.js";
import { DEFAULTS, isLoopback, type ServeSettings } from "./settings.js";

/** The server cannot be started. */
export class ServeError extends TileScriptError {
  override readonly name = "ServeError";
}

export interface Server {
  /** Where it listens: http://127.0.0.1:8080. */
  readonly url: string;
  /** What callers name the model by. */
  readonly model: string;
  /** Takes no more requests, lets those under way end for as long as it has patience, and breaks off the rest. The model stays open. */
  close(): Promise<void>;
}

/**
 * Serves a model: `/v1/chat/completions`, `/v1/completions`, `/v1/models`, `/tokenize`, `/detokenize`, `/health`, `/metrics`, and a page to chat at `/`.
 *
 * ```ts
 * const model = await Model.load({ path: findDemoModel() });
 * const server = await serve(model, { name: "demo", port: 8080 });
 * ```
 * @throws ServeError where others could reach it and no token is asked for, and where the address cannot be listened at
 */
export async function serve(model: Model, settings: ServeSettings & { readonly name: string }): Promise<Server> {
  const { host, port, queue, bodyBytes, patienceMs, log = () => {}, token, name } = { ...DEFAULTS, ...settings };
  if (token === "") throw new ServeError("token", "the token is empty", { hint: "Give one of some length, or none." });
  if (!isLoopback(host) && token === undefined)
    throw new ServeError("token", `others could ask at ${host}, and no token is asked for`, {
      hint: "Give one in TILESCRIPT_TOKEN, or listen at 127.0.0.1.",
    });
  const closing = new AbortController();
  const served = new Served(model, basename(name).replace(/\.gguf$/, ""), queue, closing.signal);
  const app = createApp(served, { token, bodyBytes, local: isLoopback(host), log });
  const http = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as HttpServer;
  await listening(http, host, port);
  const { address, port: at, family } = http.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${at}`,
    model: served.id,
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeIdleConnections();
      const patience = setTimeout(() => closing.abort(), patienceMs);
      await served.queue.empty();
      clearTimeout(patience);
      // Whoever reads slowly, or holds a connection without a request, is not waited for.
      setTimeout(() => http.closeAllConnections(), 200).unref();
      await closed;
    },
  };
}

function listening(http: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (cause: NodeJS.ErrnoException) => {
      const [why, hint] = REASONS[cause.code ?? ""] ?? [cause.message];
      reject(new ServeError("listen", `cannot listen at ${host}, port ${port}: ${why}`, { hint, cause }));
    });
    http.listen(port, host, resolve);
  });
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  EADDRINUSE: ["another program does", "Give another port: --port; 0 takes a free one."],
  EACCES: ["that needs more rights", "Give a port from 1024 on: --port."],
  EADDRNOTAVAIL: ["this machine has no such address", "Give one of its own: --host."],
  ENOTFOUND: ["there is no such host", "Give an address of this machine: --host."],
};

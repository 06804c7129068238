import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { RequestError } from "./errors.js";
import type { Env, Served } from "./served.js";
import { isLoopback } from "./settings.js";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Lets in who knows the token. */
export const requireToken = (token: string): MiddlewareHandler => {
  const expected = digest(`Bearer ${token}`);
  return async (c, next) => {
    if (!timingSafeEqual(digest(c.req.header("authorization") ?? ""), expected))
      throw new RequestError(401, "invalid_api_key", "send the server's token as Authorization: Bearer …");
    await next();
  };
};

/** Where no token is asked for, names that lead here by another's DNS are refused: a page of theirs could read what the model says. */
export const requireLocalName: MiddlewareHandler = async (c, next) => {
  const host = c.req.header("host") ?? "";
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (!isLoopback(name))
    throw new RequestError(403, "host", `this server answers at localhost, and was asked as ${JSON.stringify(name)}`);
  await next();
};

/** A request's id, its line in the log, and its place in the metrics: when all of its answer is on its way. */
export const accounted =
  (served: Served, routes: ReadonlySet<string>, log: (line: string) => void): MiddlewareHandler<Env> =>
  async (c, next) => {
    const began = performance.now();
    const given = c.req.header("x-request-id");
    const id = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    c.header("x-request-id", id);
    await next();
    const { method, path } = c.req;
    const { status } = c.res;
    void Promise.resolve(c.get("until")).then(() => {
      const seconds = (performance.now() - began) / 1000;
      // Whoever guesses paths must not make ever more series.
      served.metrics.request(routes.has(path) ? path : "other", status, seconds);
      const notes = [`${(seconds * 1000).toFixed(0)} ms`, c.get("note")].filter(Boolean).join(", ");
      log(`${new Date().toISOString()} ${id} ${method} ${JSON.stringify(path)} ${status} ${notes}`);
    });
  };

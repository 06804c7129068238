/** A tiny model behind a server of its own, on the CPU executor. */

import { join } from "node:path";
import { Model } from "../../runtime/index.js";
import { type Server, type ServeSettings, serve } from "../../serve/index.js";
import { folderWith } from "../cli/run-cli.js";
import { writeTinyModels } from "../model/tiny-models.js";

export interface TestServer extends Server {
  readonly lines: string[];
  /** Asks for a path with a body, as JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export async function tinyModel(): Promise<Model> {
  const folder = folderWith({});
  await writeTinyModels([{ folder, family: "llama", options: "--set max_position_embeddings=4096" }]);
  return Model.load({ path: join(folder, "model.gguf"), device: "cpu", sequences: 4 });
}

export async function serveTiny(model: Model, settings: ServeSettings = {}): Promise<TestServer> {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const server = await serve(model, { port: 0, log, name: "tiny.gguf", ...settings });
  const post: TestServer["post"] = (path, body, headers = {}) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { ...server, lines, post };
}

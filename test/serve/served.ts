/** A tiny model behind a server of its own, on the CPU executor. */

import { writeFileSync } from "node:fs";
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

/** @param template instead of the usual chat template */
export async function tinyModel(template?: string): Promise<Model> {
  const folder = folderWith({});
  await writeTinyModels([{ folder, family: "llama", options: "--set max_position_embeddings=4096" }]);
  const path = join(folder, template === undefined ? "model.gguf" : "model");
  if (template !== undefined) writeFileSync(join(path, "chat_template.jinja"), template);
  return Model.load({ path, device: "cpu", sequences: 4 });
}

/** A chat template with a place for tools, whose calls are as Hermes writes them. */
export const HERMES =
  "{% if tools %}<tools>{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}</tools>\n" +
  'Call as <tool_call>{"name": ..., "arguments": ...}</tool_call>\n{% endif %}' +
  "{% for m in messages %}{{ m.role }}: {{ m.content }}{% for call in m.tool_calls or [] %}<tool_call>" +
  '{{ {"name": call.function.name, "arguments": call.function.arguments} | tojson }}</tool_call>{% endfor %}\n{% endfor %}';

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

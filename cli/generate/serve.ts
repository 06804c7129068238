import type { ServeSettings } from "../../serve/index.js";
import type { GenerationOptions } from "../options/generation.js";
import { printable } from "../report/printable.js";
import { explainFallback } from "./fallback.js";
import { loadModel, modelPath } from "./load-model.js";
import { whereIs } from "./where.js";

type ServeRequest = Pick<GenerationOptions, "model" | "device" | "devices" | "bundle" | "context" | "attention"> &
  ServeSettings & { readonly sequences?: number };

/** Serves the model until it is interrupted. */
export async function serveModel(request: ServeRequest, signal: AbortSignal): Promise<number> {
  const { serve } = await import("../../serve/index.js");
  const path = await modelPath(request.model, signal);
  const sequences = request.sequences ?? (request.devices ? 1 : 8);
  await using model = await loadModel({ ...request, sequences, model: path, signal });
  explainFallback(model.device, request);
  const token = request.token ?? process.env.TILESCRIPT_TOKEN;
  const log = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const server = await serve(model, { ...request, token, name: path, log });
  const name = printable(server.model, process.stdout);
  process.stdout.write(`${name} on ${whereIs(model)} at ${server.url} (OpenAI's API: ${server.url}/v1)\n`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await server.close();
  return 0;
}

import { createInterface } from "node:readline/promises";
import type { Model, Session } from "../../runtime/index.js";
import { answerOptions, type GenerationOptions } from "../options/generation.js";
import { colours } from "../report/colours.js";
import { printable } from "../report/printable.js";
import { explainFallback } from "./fallback.js";
import { summary } from "./generate.js";
import { loadModel, modelPath } from "./load-model.js";
import { noteSilence } from "./silence.js";

export interface ChatRequest extends GenerationOptions {
  readonly signal?: AbortSignal;
}

const pc = colours(process.stdout);

/** A conversation on a terminal, and the answer under way. */
class Conversation {
  readonly #model: Model;
  readonly #request: ChatRequest;
  #session: Session;
  #answering: AbortController | undefined;

  constructor(model: Model, request: ChatRequest) {
    this.#model = model;
    this.#request = request;
    this.#session = model.session(request);
  }

  clear(): void {
    this.#session = this.#model.session(this.#request);
  }

  /** Stops the answer under way; false where there is none. */
  interrupt(): boolean {
    this.#answering?.abort();
    return this.#answering !== undefined;
  }

  async say(text: string): Promise<void> {
    const answering = new AbortController();
    const { signal } = answering;
    this.#answering = answering;
    try {
      const generation = this.#session.prompt(text, { ...answerOptions(this.#request), signal });
      for await (const piece of generation) process.stdout.write(printable(piece.text, process.stdout));
      const result = await generation.result;
      noteSilence(result);
      process.stdout.write(`\n${pc.dim(summary(this.#model, result))}\n`);
    } catch (error) {
      if (!signal.aborted) throw error;
      process.stdout.write(pc.dim(" … stopped\n"));
    } finally {
      this.#answering = undefined;
    }
  }
}

/** What can be typed instead of a message. */
const COMMANDS: Readonly<Record<string, (conversation: Conversation) => "end" | undefined>> = {
  "/exit": () => "end",
  "/quit": () => "end",
  "/clear": (conversation) => {
    conversation.clear();
    return undefined;
  },
};

/** Reads messages and answers them until /exit, Ctrl-D, or Ctrl-C outside an answer. */
export async function chat(request: ChatRequest): Promise<number> {
  const path = await modelPath(request.model, request.signal);
  await using model = await loadModel({ ...request, model: path, chat: true });
  explainFallback(model.device, request.device);
  const conversation = new Conversation(model, request);
  process.stdout.write(
    `${pc.dim(`${printable(model.config.name || "model", process.stdout)} on ${model.device.name}. /clear forgets, /exit ends.`)}\n`,
  );
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: pc.cyan("> ") });
  lines.on("SIGINT", () => {
    if (!conversation.interrupt()) lines.close();
  });
  request.signal?.addEventListener("abort", () => {
    conversation.interrupt();
    lines.close();
  });
  lines.prompt();
  for await (const line of lines) {
    const text = line.trim();
    const known = COMMANDS[text];
    if (known) {
      if (known(conversation) === "end") break;
    } else if (text !== "") await answered(conversation, text);
    lines.prompt();
  }
  lines.close();
  return 0;
}

/** A message that cannot be answered (too long, say) ends neither the conversation nor the program. */
async function answered(conversation: Conversation, text: string): Promise<void> {
  try {
    await conversation.say(text);
  } catch (error) {
    const { report } = await import("../report/report.js");
    await report(error, false);
  }
}

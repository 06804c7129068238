import { createInterface, type Interface } from "node:readline/promises";
import type { GenerationOptions } from "../options/generation.js";
import { colours } from "../report/colours.js";
import { InputError } from "../report/errors.js";
import { printable } from "../report/printable.js";
import { isCommand, obey } from "./chat-commands.js";
import { Conversation } from "./conversation.js";
import { explainFallback } from "./fallback.js";
import { loadModel, modelPath } from "./load-model.js";
import { whereIs } from "./where.js";

export interface ChatRequest extends GenerationOptions {
  readonly signal?: AbortSignal;
}

const pc = colours(process.stdout);
const dim = (text: string): void => void process.stdout.write(`${pc.dim(printable(text, process.stdout))}\n`);

/** Reads messages and answers them until /exit, Ctrl-D, or Ctrl-C outside an answer. */
export async function chat(request: ChatRequest): Promise<number> {
  const path = await modelPath(request.model, request.signal);
  await using model = await loadModel({ ...request, model: path, chat: true });
  explainFallback(model.device, request);
  const conversation = new Conversation(model, request);
  dim(`${model.config.name || "model"} on ${whereIs(model)}. /help lists the commands, /exit ends.`);
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  lines.on("SIGINT", () => {
    if (!conversation.interrupt()) lines.close();
  });
  request.signal?.addEventListener("abort", () => {
    conversation.interrupt();
    lines.close();
  });
  for await (const typed of entries(lines)) if (!(await taken(typed, conversation))) break;
  lines.close();
  return 0;
}

const FENCE = '"""';

interface Typed {
  readonly text: string;
  /** Between two fences, where nothing is a command. */
  readonly fenced: boolean;
}

/** What is typed: lines, and what stands between two fences. */
async function* entries(lines: Interface): AsyncGenerator<Typed> {
  let block: string[] | undefined;
  const ask = (): void => {
    lines.setPrompt(pc.cyan(block ? "… " : "> "));
    lines.prompt();
  };
  ask();
  for await (const line of lines) {
    const ends = line.trimEnd().endsWith(FENCE);
    if (block) {
      block.push(ends ? line.trimEnd().slice(0, -FENCE.length) : line);
      if (ends) {
        yield { text: block.join("\n").trim(), fenced: true };
        block = undefined;
      }
    } else if (line.trimStart().startsWith(FENCE)) {
      const rest = line.trim().slice(FENCE.length);
      if (rest.endsWith(FENCE)) yield { text: rest.slice(0, -FENCE.length).trim(), fenced: true };
      else block = [rest];
    } else yield { text: line.trim(), fenced: false };
    ask();
  }
  if (block)
    await complain(
      new InputError(`the message that ${FENCE} began has no end, and was not sent`, `End it by ${FENCE}.`),
    );
}

/** Answers a message or does what a command says; false for the end. What cannot be done ends neither the conversation nor the program. */
async function taken({ text, fenced }: Typed, conversation: Conversation): Promise<boolean> {
  try {
    if (!fenced && isCommand(text)) {
      const said = await obey(text, conversation);
      if (said === undefined) return false;
      dim(said);
    } else if (text !== "") await conversation.say(text);
  } catch (error) {
    await complain(error);
  }
  return true;
}

async function complain(error: unknown): Promise<void> {
  const { report } = await import("../report/report.js");
  await report(error, false);
}

/** Renders chat templates, which are programs of whoever made the model, in a thread that can be ended. See renderer.ts. */
import { parentPort } from "node:worker_threads";
import { Template } from "@huggingface/jinja";
import { renderWithin } from "./interpreter.mjs";
import { asLimit, Limits, TemplateLimit } from "./limits.mjs";
import { Marks, marksIn, TooFewMarks } from "./marks.mjs";
import { rewritten } from "./source.mjs";

/** Parsed templates by their source; a process has few models. */
const parsed = new Map();
const mostParsed = 8;

function parse(source) {
  let found = parsed.get(source);
  if (!found) {
    const template = new Template(rewritten(source));
    found = { template, taken: marksIn(textsOf(template.parsed)) };
    if (parsed.size === mostParsed) parsed.clear();
    parsed.set(source, found);
  }
  return found;
}

/** All texts in a value, its keys too. */
function textsIn(value) {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object"
    ? Object.entries(value).flatMap(([key, one]) => [key, ...textsIn(one)])
    : [];
}

/** A value with all texts marked. A key that a template may look for stays as it is; others are texts too. */
function markedBy(marks, value) {
  if (typeof value === "string") return marks.mark(value);
  if (Array.isArray(value)) return value.map((one) => markedBy(marks, one));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, one]) => [
    /^[\w$-]*$/.test(key) ? key : marks.mark(key),
    markedBy(marks, one),
  ]);
  return Object.fromEntries(entries);
}

/** Texts that a template itself can write: an escape in a literal may be any character. */
function textsOf(program) {
  const texts = [];
  const open = [program];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node === "string") texts.push(node);
    else if (node instanceof Map) for (const entry of node) open.push(entry);
    else if (node !== null && typeof node === "object") for (const child of Object.values(node)) open.push(child);
  }
  return texts;
}

function render({ source, messages, tools = null, alphabet, values }) {
  const { template, taken } = parse(source);
  const contents = textsIn([messages, tools]);
  const marks = new Marks(
    alphabet,
    new Set([...taken, ...marksIn([...contents, ...alphabet, ...Object.values(values).map(String)])]),
  );
  const given = contents.reduce((sum, content) => sum + content.length, 0);
  const limits = new Limits({ messages: messages.length, given });
  const marked = messages.map(({ role, ...said }) => ({ role, ...markedBy(marks, said) }));
  try {
    const text = renderWithin(
      template,
      { tools: markedBy(marks, tools), documents: null, ...values, messages: marked },
      { limits, marks },
    );
    return { text, marks: marks.from, meant: marks.to };
  } catch (error) {
    throw Object.assign(error, { message: marks.show(String(error.message)) });
  }
}

const longestMessage = 1000;

function faultOf(thrown, isParsed) {
  const error = asLimit(thrown);
  const kind =
    error instanceof TemplateLimit ? "limit" : error instanceof TooFewMarks ? "marks" : isParsed ? "refused" : "syntax";
  return { kind, message: String(error.message).slice(0, longestMessage) };
}

parentPort.on("message", (job) => {
  let isParsed = false;
  try {
    parse(job.source);
    isParsed = true;
    parentPort.postMessage(job.messages ? render(job) : {});
  } catch (error) {
    parentPort.postMessage({ fault: faultOf(error, isParsed) });
  }
});

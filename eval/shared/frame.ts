import type { ChatMessage, Tokenizer } from "../../runtime/tokenizer/index.js";
import { EvaluationError } from "./errors.js";

/** What stands before and after a long text in a prompt, in tokens: the text itself is encoded once for many prompts. */
export interface Frame {
  readonly head: readonly number[];
  readonly tail: readonly number[];
}

/** What a model is told: by its chat template, or where it has none the bare texts, which it continues. */
export async function frameOf(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  /** Stands for the long text in one of them. */
  place: string,
  { chat, end = "\n" }: { readonly chat: boolean /** What follows bare texts. */; readonly end?: string },
): Promise<Frame> {
  const plain = () => messages.map(({ content }) => content).join("\n\n") + end;
  const rendered = chat ? await tokenizer.renderChat(messages) : plain();
  const [before, after, ...more] = rendered.split(place);
  if (before === undefined || after === undefined || more.length > 0)
    throw new EvaluationError("the model's chat template does not show the message once", "Use another model.");
  const parse = { addSpecial: false, parseSpecial: chat };
  const head = tokenizer.encode(before, parse);
  // A bare text starts as the model's texts do; a chat template writes that token itself.
  if (!chat) {
    const [first] = tokenizer.encode("", { addSpecial: true });
    if (first !== undefined && first === tokenizer.bosId) head.unshift(first);
  }
  return { head, tail: tokenizer.encode(after, parse) };
}

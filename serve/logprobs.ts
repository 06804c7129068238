/** Log probabilities in OpenAI's words. */

import type { ChosenLogprob, Model } from "../runtime/index.js";

type Tokenizer = Pick<Model["tokenizer"], "tokenBytes">;

/** A token as a text; where it is no whole characters, as OpenAI writes its bytes. */
function spelled(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
  }
}

/** What the chat endpoint says of tokens. */
export function chatLogprobs(tokenizer: Tokenizer, told: readonly ChosenLogprob[]): object {
  const one = ({ token, logprob }: Pick<ChosenLogprob, "token" | "logprob">) => {
    const bytes = tokenizer.tokenBytes(token);
    return { token: spelled(bytes), logprob, bytes: [...bytes] };
  };
  return { content: told.map((each) => ({ ...one(each), top_logprobs: each.top.map(one) })), refusal: null };
}

/** What the completion endpoint says of tokens whose text begins at character `offset` of the answer. */
export function completionLogprobs(tokenizer: Tokenizer, told: readonly ChosenLogprob[], offset: number): object {
  const text = (token: number): string => spelled(tokenizer.tokenBytes(token));
  const tokens = told.map(({ token }) => text(token));
  let end = offset;
  const offsets = tokens.map((token) => {
    const start = end;
    end += token.length;
    return start;
  });
  return {
    tokens,
    token_logprobs: told.map(({ logprob }) => logprob),
    top_logprobs: told.map(({ top }) => Object.fromEntries(top.map(({ token, logprob }) => [text(token), logprob]))),
    text_offset: offsets,
  };
}

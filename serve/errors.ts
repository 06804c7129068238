import type { ContentfulStatusCode } from "hono/utils/http-status";
import { TileScriptError } from "../dsl/errors.js";
import { GenerateError } from "../runtime/generate/errors.js";
import { ModelError, type ModelErrorCode } from "../runtime/weights/errors.js";

/** A request that is not answered, as OpenAI's clients read it. */
export class RequestError extends TileScriptError {
  override readonly name = "RequestError";
  readonly status: ContentfulStatusCode;
  readonly type: string;
  /** The field of the request that is wrong. */
  readonly param: string | null;

  constructor(status: ContentfulStatusCode, code: string, problem: string, param: string | null = null) {
    super(code, problem);
    this.status = status;
    this.type = TYPES[status] ?? "invalid_request_error";
    this.param = param;
  }
}

/** OpenAI's names of what is wrong, by status. */
const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
  500: "server_error",
  503: "server_error",
};

/** What is wrong with an option of ours, as OpenAI says it; of others the value is. */
const OPTIONS: Readonly<Record<string, readonly [ContentfulStatusCode, string, string | null]>> = {
  context: [400, "context_length_exceeded", "prompt"],
  waiting: [429, "queue_full", null],
  stopIds: [400, "invalid_value", "stop_token_ids"],
  texts: [400, "invalid_value", "input"],
};
/** What is wrong with a model's text or messages is the caller's fault; all else with a model is not. */
const MODEL: Partial<Readonly<Record<ModelErrorCode, string>>> = {
  "chat-message": "messages",
  "chat-template-refused": "messages",
  "token-range": "tokens",
  "tokenizer-limit": "prompt",
};
const underscored = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Any failure of a request as one that can be sent. What is not the caller's fault says no more than its own message. */
export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof GenerateError) {
    const [status, code, param] = OPTIONS[error.option] ?? [400, "invalid_value", underscored(error.option)];
    return new RequestError(status, code, error.message, param);
  }
  if (error instanceof ModelError) {
    const param = MODEL[error.code];
    // Where the model's file is, is nobody's business.
    const problem = error.file === undefined ? error.message : error.message.replace(`${error.file}: `, "");
    return param === undefined
      ? new RequestError(500, error.code, problem)
      : new RequestError(400, "invalid_value", problem, param);
  }
  if (error instanceof TileScriptError) return new RequestError(500, error.code, error.message);
  return new RequestError(500, "internal", "the request failed for a reason that the server's own log has");
}

export const bodyOf = ({ message, type, param, code }: RequestError) => ({ error: { message, type, param, code } });

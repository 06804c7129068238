import type { ModelConfig } from "../models/config.js";
import { rowBytes } from "../models/sizes.js";
import { type AttentionOptions, attentionText } from "../reattention/attention-options.js";
import { type ChatMessage, requireMessages } from "../tokenizer/index.js";
import { type Tool, toolUse } from "../tools/index.js";
import { damaged, SessionFileError } from "./session-file.js";

/** A turn as the model read and wrote it. */
export interface Turn {
  /** The prompt as its text is encoded; the model read it with earlier answers as they were generated, which may be other tokens. */
  readonly encoded: readonly number[];
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

/** What a session is. */
export interface SessionState {
  readonly history: readonly ChatMessage[];
  readonly tools?: readonly Tool[];
  readonly last: Turn | undefined;
}

/** What a saved session says of itself, before its keys and values. */
export interface SavedSession extends SessionState {
  /** What it was saved with: only the same takes it. */
  readonly model: string;
  readonly name: string;
  readonly attention: string;
  readonly layers: number;
  readonly rowBytes: number;
  /** Tokens whose keys and values follow. */
  readonly cached: readonly number[];
}

export interface SavedWith {
  readonly config: ModelConfig;
  /** Of the model's weights. */
  readonly fingerprint: string;
  readonly attention: AttentionOptions;
}

export const describe = ({ config, fingerprint, attention }: SavedWith) => ({
  model: fingerprint,
  name: config.name,
  attention: attentionText(attention),
  layers: config.layers,
  rowBytes: rowBytes(config),
});

/** Bytes of all rows that follow a header. */
export const bytesOfRows = ({ layers, rowBytes: row, cached }: SavedSession): number =>
  2 * layers * row * cached.length;

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The header of a file, if it is of this model, attention and sizes. @throws SessionFileError that says what differs */
export function readSaved(path: string, header: unknown, here: SavedWith): SavedSession {
  if (!isObject(header)) throw damaged(path, "its header is no object");
  const wanted = describe(here);
  if (header.model !== wanted.model)
    throw new SessionFileError(path, `the conversation was held with another model, ${JSON.stringify(header.name)}`, {
      hint: `Load the model that it was held with: this one is ${JSON.stringify(wanted.name)}, with other weights or in another format.`,
    });
  if (header.attention !== wanted.attention)
    throw new SessionFileError(
      path,
      `the conversation was held with attention ${JSON.stringify(header.attention)}, and the model was loaded with ${JSON.stringify(wanted.attention)}`,
      { hint: `Load the model with attention: ${JSON.stringify(header.attention)}.` },
    );
  const { tokens } = here.config;
  const areIds = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0 && id < tokens);
  const isTurn = (value: unknown) =>
    value === undefined || (isObject(value) && [value.encoded, value.prompt, value.answer].every(areIds));
  if (header.layers !== wanted.layers || header.rowBytes !== wanted.rowBytes)
    throw damaged(path, "its sizes are not those of its model");
  if (!areIds(header.cached)) throw damaged(path, "its tokens are none of the model's");
  if (!isTurn(header.last)) throw damaged(path, "its last turn is none");
  const { history, tools } = header as Partial<SessionState>;
  if (!Array.isArray(history) || (history.length > 0 && !passes(() => requireMessages(history))))
    throw damaged(path, "its history is no conversation");
  if (!passes(() => toolUse(tools))) throw damaged(path, "its tools are none");
  return header as unknown as SavedSession;
}

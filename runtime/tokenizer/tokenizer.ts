/** A model's tokenizer, rebuilt from its GGUF file. */

import { type GgufMetadata, ModelError } from "../weights/index.js";
import { byteLevelBpe } from "./byte-level-bpe.js";
import { type ChatMessage, ChatTemplate, type RenderOptions, requireMessages } from "./chat.js";
import { type Shield, type Splitter, shieldAgainst, splitter, unusedMark } from "./special-tokens.js";
import { TokenDecoder } from "./token-decoder.js";
import { readVocabulary, tokenBytes, type Vocabulary } from "./vocabulary.js";

export interface EncodeOptions {
  /** Put the tokens around the text that the model expects around a whole text (most often none). Default true. */
  readonly addSpecial?: boolean;
  /** Let the text write control tokens such as <|im_end|>. Only for text that no user supplied. Default false. */
  readonly parseSpecial?: boolean;
}

export interface DecodeOptions {
  /** Leave control tokens out of the text. Default false. */
  readonly skipSpecial?: boolean;
}

/** Builds the tokenizer that `metadata` describes. Throws ModelError for kinds that are not supported. */
export function createTokenizer(metadata: GgufMetadata): Tokenizer {
  return new Tokenizer(metadata);
}

export class Tokenizer {
  readonly vocabularySize: number;
  readonly bosId: number | undefined;
  /** Ids that end generation: end of text, of turn, of message. */
  readonly eosIds: readonly number[];
  readonly #file: string;
  readonly #vocabulary: Vocabulary;
  readonly #bytes: readonly Uint8Array[];
  readonly #controlIds: ReadonlySet<number>;
  readonly #encodePlain: (text: string) => number[];
  readonly #shield: Shield;
  readonly #splitControl: Splitter;
  readonly #splitUserDefined: Splitter;
  readonly #chat: ChatTemplate;

  constructor(metadata: GgufMetadata) {
    const vocabulary = readVocabulary(metadata);
    this.#file = metadata.file;
    this.#vocabulary = vocabulary;
    this.vocabularySize = vocabulary.tokens.length;
    this.bosId = vocabulary.bosId;
    this.eosIds = vocabulary.eosIds;
    this.#bytes = tokenBytes(vocabulary);
    this.#controlIds = new Set(vocabulary.control.values());
    this.#encodePlain = byteLevelBpe(vocabulary);
    // One of a single character could not be shielded, and no known model has one.
    const writable = new Map([...vocabulary.control].filter(([token]) => Array.from(token).length > 1));
    this.#shield = shieldAgainst(writable);
    this.#splitControl = splitter(writable);
    this.#splitUserDefined = splitter(vocabulary.userDefined);
    const text = (id: number | undefined) => (id === undefined ? "" : (vocabulary.tokens[id] ?? ""));
    this.#chat = new ChatTemplate({
      template: metadata.string("tokenizer.chat_template", "") || undefined,
      bosToken: text(vocabulary.bosId),
      eosToken: text(vocabulary.eosIds[0]),
      file: metadata.file,
    });
  }

  /** Ids of `text`. */
  encode(text: string, { addSpecial = true, parseSpecial = false }: EncodeOptions = {}): number[] {
    const ids = parseSpecial ? this.#encodeTrusted(text) : this.#encodeOrdinary(text);
    if (!addSpecial) return ids;
    const { addBos, addEos, bosId, eosIds } = this.#vocabulary;
    if (addBos && bosId !== undefined) ids.unshift(bosId);
    if (addEos && eosIds[0] !== undefined) ids.push(eosIds[0]);
    return ids;
  }

  /** Text of `ids`. Characters left incomplete, and bytes that are no UTF-8, become U+FFFD. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const decoder = this.decoder(options);
    let text = "";
    for (const id of ids) text += decoder.push(id);
    return text + decoder.flush();
  }

  /** A decoder for ids that come one by one. */
  decoder({ skipSpecial = false }: DecodeOptions = {}): TokenDecoder {
    const nothing = new Uint8Array();
    return new TokenDecoder((id) => (skipSpecial && this.#controlIds.has(id) ? nothing : this.tokenBytes(id)));
  }

  /** The bytes that token `id` stands for; not necessarily whole characters. */
  tokenBytes(id: number): Uint8Array {
    const bytes = this.#bytes[id];
    if (bytes) return bytes;
    throw new ModelError("token-range", `there is no token ${id} in a vocabulary of ${this.vocabularySize}`, {
      file: this.#file,
    });
  }

  /** Whether `id` is a control token, such as the end of a turn. */
  isControl(id: number): boolean {
    return this.#controlIds.has(id);
  }

  /** The conversation as text, through the model's chat template. For eyes: use `encodeChat` to get ids. */
  renderChat(messages: readonly ChatMessage[], options?: RenderOptions): string {
    return this.#chat.render(messages, options);
  }

  /**
   * Ids of the conversation, through the model's chat template. Control tokens come from the template only: one that is
   * written in a message is encoded as the characters it looks like.
   */
  encodeChat(messages: readonly ChatMessage[], options?: RenderOptions): number[] {
    requireMessages(messages);
    const mark = unusedMark(messages.map(({ content }) => content));
    if (!mark) throw new ModelError("chat-message", "the messages use every noncharacter from U+FDD0 to U+FDEF");
    const shielded = messages.map(({ role, content }) => ({ role, content: this.#shield(content, mark) }));
    return this.#encodeTrusted(this.#chat.render(shielded, options), (text) => text.replaceAll(mark, ""));
  }

  /** Control tokens count; `finish` is applied to the text between them. */
  #encodeTrusted(text: string, finish = (between: string) => between): number[] {
    return this.#splitControl(text).flatMap((piece) =>
      "id" in piece ? [piece.id] : this.#encodeOrdinary(finish(piece.text)),
    );
  }

  #encodeOrdinary(text: string): number[] {
    const pieces = this.#splitUserDefined(text);
    // The usual case, without the copy that flatMap makes.
    if (pieces.length === 1 && "text" in pieces[0]!) return this.#encodePlain(pieces[0].text);
    return pieces.flatMap((piece) => ("id" in piece ? [piece.id] : this.#encodePlain(piece.text)));
  }
}

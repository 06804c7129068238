/** A model's tokenizer: text to ids and back, conversations to ids. */

import { GgufMetadata, ModelError } from "../weights/index.js";
import { AddedTokens } from "./added-tokens.js";
import { type ChatMessage, ChatTemplate, type RenderOptions } from "./chat.js";
import { EncodingLimit, TimeLimit } from "./encoding-limits.js";
import { endIds, steers } from "./ends.js";
import { readGgufTokenizer } from "./gguf-source.js";
import { PieceEncoder, seams } from "./piece-encoder.js";
import type { AddedToken, TokenizerSource, WordStep } from "./source.js";
import { guardedCharacters, reader } from "./template/guarded.js";
import { type Special, TokenDecoder } from "./token-decoder.js";
import { wordsOf } from "./word-steps.js";

/** How text becomes ids. */
export interface EncodeOptions {
  /** Put the tokens around the text that the model expects around a whole text (most often none). Default true. */
  readonly addSpecial?: boolean;
  /** Let the text write control tokens such as <|im_end|>. Only for text that no user supplied. Default false. */
  readonly parseSpecial?: boolean;
}

/** How ids become text. */
export interface DecodeOptions {
  /** Leave control tokens out of the text. Default false. */
  readonly skipSpecial?: boolean;
  /** Control tokens that stay in it all the same. Default none. */
  readonly shown?: ReadonlySet<number> | undefined;
  /**
   * The ids continue a text. SentencePiece's encoding puts a space before a text, which decoding takes out again; at the
   * start of a continuation a space is the model's own and stays. Default false.
   */
  readonly continues?: boolean;
}

export interface TokenizerOptions {
  /** More ids that end generation, as generation_config.json lists them. */
  readonly eosIds?: readonly number[];
}

/** Builds the tokenizer that a GGUF file or a Hugging Face folder describes. Throws ModelError for unsupported kinds. */
export function createTokenizer(source: TokenizerSource | GgufMetadata, options: TokenizerOptions = {}): Tokenizer {
  return new Tokenizer(source instanceof GgufMetadata ? readGgufTokenizer(source) : source, options);
}

/** Ids that `encodeParts` gives at a time, about. */
const partSize = 1 << 16;

/** Text to token ids and back, as the model's own files prescribe. */
export class Tokenizer {
  readonly vocabularySize: number;
  readonly bosId: number | undefined;
  /** Ids that end generation: end of text, of turn, of message. */
  readonly eosIds: readonly number[];
  readonly #source: TokenizerSource;
  readonly #bytes: (Uint8Array | undefined)[] = [];
  readonly #added: ReadonlyMap<number, AddedToken>;
  readonly #encoder: PieceEncoder;
  readonly #words: readonly WordStep[];
  readonly #finders: Finders;
  readonly #trustedFinders: Finders;
  /** Of conversations: tokens that steer the model, which only the template may write, and all others. */
  readonly #steering: AddedTokens;
  readonly #saidFinders: Finders;
  /** Characters of the tokens that steer the model. */
  readonly #alphabet: readonly string[];
  readonly #chat: ChatTemplate;

  /** Made by a model that is loaded. @internal */
  constructor(source: TokenizerSource, { eosIds = [] }: TokenizerOptions = {}) {
    const finders = readAdded(source);
    this.#source = source;
    this.vocabularySize = source.tokens.length;
    this.bosId = source.bosId;
    this.eosIds = endIds([...source.eosIds, ...eosIds], []);
    const outside = this.eosIds.find((id) => !(id >= 0 && id < this.vocabularySize));
    if (outside !== undefined)
      throw invalid(source, `${outside} ends a text, but there are ${this.vocabularySize} tokens`);
    this.#added = new Map(source.added.map((token) => [token.id, token]));
    this.#encoder = new PieceEncoder(source.model);
    const cut = seams(source.model);
    this.#words = cut ? [...source.words, cut] : source.words;
    this.#finders = finders.usual;
    this.#trustedFinders = finders.trusted;
    this.#saidFinders = finders.said;
    // One without a character that can be marked is never a token in a conversation.
    const steering = source.added.filter((token) => steers(token) && guardedCharacters([token.text]).length > 0);
    this.#steering = new AddedTokens(steering);
    this.#alphabet = guardedCharacters(steering.map((token) => token.text));
    if (this.#alphabet.length > mostGuarded)
      throw invalid(
        source,
        `special tokens of ${this.#alphabet.length} different characters, more than ${mostGuarded}`,
      );
    const text = (id: number | undefined) => (id === undefined ? "" : (source.tokens[id] ?? ""));
    this.#chat = new ChatTemplate({
      template: source.template,
      toolTemplate: source.toolTemplate,
      bosToken: text(source.bosId),
      eosToken: text(source.eosIds[0]),
      file: source.file,
    });
  }

  /** The token that an added text is as a whole, such as <tool_call>; undefined where there is none. */
  addedId(text: string): number | undefined {
    return this.#source.added.find((token) => token.text === text)?.id;
  }

  /** Jinja source of the chat template. */
  get chatTemplate(): string | undefined {
    return this.#source.template;
  }

  /** Of the one that tools are told of in: most models have one for all. */
  get toolTemplate(): string | undefined {
    return this.#source.toolTemplate ?? this.#source.template;
  }

  /** Whether conversations can be encoded. */
  get hasChatTemplate(): boolean {
    return this.#source.template !== undefined;
  }

  /** Ids of `text`. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    const [ids = [], ...more] = this.encodeParts(text, options);
    for (const part of more) for (const id of part) ids.push(id);
    return ids;
  }

  /** Ids of `text`, tens of thousands at a time: who encodes a book can stop, or let others work, in between. */
  *encodeParts(text: string, { addSpecial = true, parseSpecial = false }: EncodeOptions = {}): Generator<number[]> {
    const { before, after } = this.#source;
    if (addSpecial && before.length > 0) yield [...before];
    yield* this.#encode(text, parseSpecial ? this.#trustedFinders : this.#finders);
    if (addSpecial && after.length > 0) yield [...after];
  }

  /** Text of `ids`. Characters left incomplete, and bytes that are no UTF-8, become U+FFFD. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const decoder = this.decoder(options);
    let text = "";
    for (const id of ids) text += decoder.push(id);
    return text + decoder.flush();
  }

  /** A decoder for ids that come one by one. */
  decoder({ skipSpecial = false, continues = false, shown }: DecodeOptions = {}): TokenDecoder {
    const special = (id: number): Special => {
      const token = this.#added.get(id);
      return token ? (skipSpecial && token.control && !shown?.has(id) ? "left out" : "special") : "text";
    };
    return new TokenDecoder({
      bytesOf: (id) => this.tokenBytes(id),
      special,
      spaceBefore: this.#source.spaceBefore,
      continues,
    });
  }

  /** The bytes that token `id` stands for; not necessarily whole characters. */
  tokenBytes(id: number): Uint8Array {
    const known = this.#bytes[id];
    if (known) return known;
    const spelling = this.#source.tokens[id];
    if (spelling === undefined) {
      const what = `there is no token ${id} in a vocabulary of ${this.vocabularySize}`;
      throw new ModelError("token-range", what, { file: this.#source.file });
    }
    const bytes = this.#source.bytesOf(spelling, this.#added.get(id));
    this.#bytes[id] = bytes;
    return bytes;
  }

  /** Whether `id` is a control token, such as the end of a turn. */
  isControl(id: number): boolean {
    return this.#added.get(id)?.control ?? false;
  }

  /** Reads the chat template, so that the first conversation need not wait for it. Throws ModelError where there is none that can be used. */
  checkChat(signal?: AbortSignal): Promise<void> {
    return this.#chat.check(signal);
  }

  /** The conversation as text, through the model's chat template. For eyes: use `encodeChat` to get ids. */
  async renderChat(messages: readonly ChatMessage[], options?: RenderOptions): Promise<string> {
    return (await this.#chat.render(messages, options)).text;
  }

  /**
   * Ids of the conversation, through the model's chat template. Control tokens come from the template only: what a message says stays text,
   * whatever the template makes of it.
   */
  async encodeChat(messages: readonly ChatMessage[], options: RenderOptions = {}): Promise<number[]> {
    const rendered = await this.#chat.render(messages, options, this.#alphabet);
    const read = reader(rendered);
    const time = new TimeLimit(rendered.text.length);
    const ids: number[] = [];
    for (const piece of this.#steering.cut(rendered.text)) {
      if ("id" in piece) {
        ids.push(piece.id);
        continue;
      }
      for (const part of this.#encode(read(piece.text), this.#saidFinders, time, piece.at === 0)) {
        for (const id of part) ids.push(id);
        if (part.length < partSize) continue;
        await new Promise(setImmediate);
        options.signal?.throwIfAborted();
      }
    }
    return ids;
  }

  /** `first`: the text begins what is encoded; `time` is for all of that. */
  *#encode(text: string, finders: Finders, time = new TimeLimit(text.length), first = true): Generator<number[], void> {
    try {
      yield* this.#cut(text, finders, time, first);
    } catch (error) {
      throw limited(error, this.#source, `encoding a text of ${text.length} characters`);
    }
  }

  *#cut(text: string, { raw, normalized }: Finders, time: TimeLimit, first: boolean): Generator<number[], void> {
    let ids: number[] = [];
    for (const piece of raw.cut(text)) {
      if ("id" in piece) {
        ids.push(piece.id);
        continue;
      }
      for (const part of normalized.cut(time.within(() => this.#source.normalize(piece.text)))) {
        if ("id" in part) ids.push(part.id);
        else {
          const words = wordsOf(this.#words, part.text, first && piece.at === 0 && part.at === 0);
          for (const word of time.each(words)) {
            this.#encoder.encode(word, ids);
            if (ids.length < partSize) continue;
            yield ids;
            ids = [];
          }
        }
      }
    }
    if (ids.length > 0) yield ids;
  }
}

/** Added tokens as they are looked for: in the text as it comes, then in what normalizing made of it. */
interface Finders {
  readonly raw: AddedTokens;
  readonly normalized: AddedTokens;
}

/** For texts, for texts of the program's own, and for what a template makes of a conversation. Normalizing takes a stranger's patterns here too. */
function readAdded(source: TokenizerSource) {
  try {
    return new TimeLimit(0).within(() => {
      requireFewShortTokens(source);
      return {
        usual: findersOf(source, (token) => !token.control),
        trusted: findersOf(source, () => true),
        said: findersOf(source, (token) => !steers(token)),
      };
    });
  } catch (error) {
    throw limited(error, source, "normalizing its special tokens");
  }
}

/** What steers the model is always looked for in the raw text, or normalizing could make it from what a user wrote. */
function findersOf({ added, normalize }: TokenizerSource, wanted: (token: AddedToken) => boolean): Finders {
  const isRaw = (token: AddedToken) => !token.normalized || steers(token);
  const chosen = added.filter(wanted);
  return {
    raw: new AddedTokens(chosen.filter(isRaw)),
    normalized: new AddedTokens(
      chosen.filter((token) => !isRaw(token)).map((token) => ({ ...token, text: normalize(token.text) })),
    ),
  };
}

/** Gemma 3 has some 6,400, below 50 characters each. A tree is made of them, and tables of their parts. */
const mostSpecial = 16_384;
const longestSpecial = 256;
/** Those of published models have some fifty. Each needs a character of the private use area, of which there are 6,400. */
const mostGuarded = 4096;

function requireFewShortTokens(source: TokenizerSource): void {
  const { added, normalize } = source;
  if (added.length > mostSpecial) throw invalid(source, `${added.length} special tokens, more than ${mostSpecial}`);
  // A normalizer can make a long one of a short one.
  const spellings = added.map(({ text, normalized }) => (normalized ? normalize(text) : text));
  const long = spellings.find((text) => text.length > longestSpecial);
  if (long)
    throw invalid(source, `special token ${JSON.stringify(long.slice(0, 20))}… is ${long.length} characters long`);
}

/** What to throw for an error. */
const limited = (error: unknown, { file }: TokenizerSource, what: string): unknown =>
  error instanceof EncodingLimit ? new ModelError("tokenizer-limit", `${what} ${error.message}`, { file }) : error;

const invalid = ({ file }: TokenizerSource, what: string) => new ModelError("tokenizer-invalid", what, { file });

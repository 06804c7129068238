/** Normalizers and pre-tokenizers of tokenizer.json: one entry a type. What is not listed is refused by name. */

import { oniguruma, PatternError } from "../oniguruma.js";
import { gpt2 } from "../pre-tokenizers.js";
import { spaceMark } from "../sentence-piece.js";
import type { TextStep, TokenizerSource, WordStep } from "../source.js";
import { lowercase, prepend, replaceAll, strip, unicodeForm } from "../text-steps.js";
import { each, spelled, split, splitBehaviors } from "../word-steps.js";
import type { JsonPart } from "./json.js";

type SpaceBefore = TokenizerSource["spaceBefore"];

/** What the steps do, in order. */
export interface Steps {
  readonly text: TextStep[];
  readonly words: WordStep[];
  spaceBefore: SpaceBefore;
  /** Entries read so far, sequences included. */
  read: number;
}

/** Released files have below ten, one in another. */
const mostSteps = 100;

const normalizers: Readonly<Record<string, (part: JsonPart, steps: Steps) => void>> = {
  Sequence: (part, steps) => {
    for (const item of part.get("normalizers").items()) addNormalizer(item, steps);
  },
  NFC: (_, { text }) => text.push(unicodeForm("NFC")),
  NFD: (_, { text }) => text.push(unicodeForm("NFD")),
  NFKC: (_, { text }) => text.push(unicodeForm("NFKC")),
  NFKD: (_, { text }) => text.push(unicodeForm("NFKD")),
  Lowercase: (_, { text }) => text.push(lowercase),
  Replace: (part, { text }) => text.push(replaceAll(readPattern(part.get("pattern")), part.get("content").string())),
  Strip: (part, { text }) => text.push(strip(part.get("strip_left").boolean(), part.get("strip_right").boolean())),
  Prepend: (part, steps) => {
    const prefix = part.get("prepend").string();
    steps.text.push(prepend(prefix));
    if (prefix === spaceMark || prefix === " ") steps.spaceBefore = "every stretch";
  },
};

const preTokenizers: Readonly<Record<string, (part: JsonPart, steps: Steps) => void>> = {
  Sequence: (part, steps) => {
    for (const item of part.get("pretokenizers").items()) addPreTokenizer(item, steps);
  },
  Split: (part, { words }) => {
    const pattern = readPattern(part.get("pattern"));
    const behavior = part.get("behavior").oneOf(splitBehaviors);
    words.push(
      split(typeof pattern === "string" ? literally(pattern) : pattern, behavior, part.get("invert").boolean(false)),
    );
  },
  ByteLevel: (part, steps) => {
    if (part.get("add_prefix_space").boolean(true)) {
      steps.words.push(each((text) => (text.startsWith(" ") ? text : ` ${text}`)));
      steps.spaceBefore = "every stretch";
    }
    if (part.get("use_regex").boolean(true)) steps.words.push(split(oniguruma(gpt2)));
    steps.words.push(spelled);
  },
  Digits: (part, { words }) => {
    const one = part.get("individual_digits").boolean(false);
    words.push(split(/\p{N}/gu, one ? "Isolated" : "Contiguous"));
  },
  Punctuation: (part, { words }) => {
    words.push(split(/[\p{P}!-/:-@[-`{-~]/gu, part.get("behavior").oneOf(splitBehaviors, "Isolated")));
  },
  WhitespaceSplit: (_, { words }) => words.push(split(/\p{White_Space}/gu, "Removed")),
  Metaspace: addMetaspace,
};

export const addNormalizer = (part: JsonPart, steps: Steps): void => add(normalizers, part, steps);
export const addPreTokenizer = (part: JsonPart, steps: Steps): void => add(preTokenizers, part, steps);

function add(table: typeof normalizers, part: JsonPart, steps: Steps): void {
  if (part.isAbsent) return;
  const type = part.get("type").string();
  const entry = Object.hasOwn(table, type) ? table[type] : undefined;
  if (!entry) throw part.get("type").unknown(JSON.stringify(type));
  if (++steps.read > mostSteps) throw part.unusable(`: there are more than ${mostSteps} steps`);
  entry(part, steps);
}

/** How older files say where the space goes. */
function spacePlace(part: JsonPart): "first" | "always" | "never" {
  const usual = part.get("add_prefix_space").boolean(true) ? "always" : "never";
  return part.get("prepend_scheme").oneOf(["first", "always", "never"], usual);
}

/** Spaces become marks; a word starts with one, even the first unless the file says otherwise. */
function addMetaspace(part: JsonPart, steps: Steps): void {
  const mark = part.get("replacement").string();
  const place = spacePlace(part);
  const marks = replaceAll(" ", mark);
  steps.words.push((text, first) => {
    const marked = marks(text);
    const needsMark = (place === "always" || (place === "first" && first)) && !marked.startsWith(mark);
    return [needsMark ? mark + marked : marked];
  });
  if (part.get("split").boolean(true)) steps.words.push(split(literally(mark), "MergedWithNext"));
  if (place !== "never") steps.spaceBefore = place === "first" ? "text" : "every stretch";
}

/** { "String": … } or { "Regex": … } */
export function readPattern(part: JsonPart): string | RegExp {
  const literal = part.get("String");
  if (!literal.isAbsent) return literal.string();
  const regex = part.get("Regex");
  try {
    return oniguruma(regex.string());
  } catch (error) {
    if (error instanceof PatternError) throw regex.unusable(`: ${error.message}`, error.hint);
    throw error;
  }
}

const literally = (text: string): RegExp => new RegExp(text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "g");

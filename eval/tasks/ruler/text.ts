import { adjectives, noise, nouns } from "../../niah/index.js";
import type { Draws } from "../synthetic/index.js";

/** What a task of RULER asks of one text. */
export interface Made {
  readonly before: string;
  readonly document: string;
  readonly after: string;
  readonly opening: string;
  readonly answers: readonly string[];
}

/** A word that no text has: two others with a hyphen, or three where there would not be enough of two. */
const rareWord = (draws: Draws, many: boolean): string =>
  [...(many ? [draws.pick(adjectives)] : []), draws.pick(adjectives), draws.pick(nouns)].join("-");

/** Above so many, words of two parts would seldom be new. */
const FEW = (adjectives.length * nouns.length) / 4;

/** So many rare words, none twice. */
export const rareWords = (draws: Draws, count: number): string[] =>
  draws.distinct(count, () => rareWord(draws, count > FEW));

const NOISE_LINE = noise.text.trim();

/** A line of noise, `size` times, with other lines among it, in their order. */
export const amongNoise = (draws: Draws, lines: readonly string[], size: number): string =>
  amongLines(draws, lines, new Array<string>(size).fill(NOISE_LINE));

/** Lines with others among them, in their order and at places by chance. */
export function amongLines(draws: Draws, lines: readonly string[], hay: readonly string[]): string {
  const places = draws.sample([...Array(hay.length + lines.length).keys()], lines.length).sort((a, b) => a - b);
  const all: string[] = [];
  let [line, straw] = [0, 0];
  for (let place = 0; place < hay.length + lines.length; place++)
    all.push(places[line] === place ? lines[line++]! : hay[straw++]!);
  return all.join("\n");
}

/** Depths at which sentences are put into an essay: 40 from its start to its end, in hundredths. */
const DEPTHS = Array.from({ length: 40 }, (_, index) => Math.round((100 * index) / 39));

/** The first `size` words of an essay, again and again where it has fewer, with lines between its sentences, in their order. */
export function amongSentences(draws: Draws, lines: readonly string[], words: readonly string[], size: number): string {
  const text = Array.from({ length: size }, (_, place) => words[place % words.length]!).join(" ");
  const sentences = text.split(/(?<=[.!?]["')\]]{0,2}) /);
  const places = draws
    .sample(DEPTHS, lines.length)
    .map((depth) => Math.floor((sentences.length * depth) / 100))
    .sort((a, b) => a - b);
  return lines
    .flatMap((line, index) => [...sentences.slice(places[index - 1] ?? 0, places[index]), line])
    .concat(sentences.slice(places.at(-1)))
    .join(" ");
}

const WORDS = [...adjectives, ...nouns];

/** So many words, none twice: plain ones, which have fewer tokens, and rare ones where there are not enough of them. */
export const differentWords = (draws: Draws, count: number): string[] =>
  draws.shuffled([...draws.sample(WORDS, count), ...rareWords(draws, Math.max(0, count - WORDS.length))]);

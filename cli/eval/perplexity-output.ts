import type { BitsRow, Bucket, BucketFailure, PerplexityProgress, Span } from "../../eval/perplexity/index.js";
import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { timeLeft } from "../report/progress.js";
import { estimateText, modeLines, tableText } from "./table.js";

/** The progress line. */
export function standingOfScores(
  { attention, piece, read, length, done, total, remainingMs }: PerplexityProgress,
  pieces: number,
): string {
  const left = remainingMs === undefined ? "" : `, about ${timeLeft(remainingMs)} left`;
  const which = pieces > 1 ? `, piece ${piece + 1} of ${pieces}` : "";
  return `${done} of ${total}${left}: ${kindOf(attention)}${which}, reading ${Math.round((100 * read) / length)} % of ${integerText(length)} tokens`;
}

const spanText = ({ from, to }: Span): string => `${integerText(from)} to ${integerText(to)}`;

/** One score, for logs. */
export function toldOfBucket(one: Bucket | BucketFailure): string {
  const where = `${kindOf(one.attention)} ${spanText(one)} from token ${one.start} on`;
  if ("error" in one) return `${where}: ${one.error}`;
  return `${where}: ${(one.bits / one.bytes).toFixed(4)} bits a byte, ${one.seconds.toFixed(1)} s`;
}

const bits = (value: number): string => value.toFixed(4);

/** A line for each part of the text: each mode's bits a byte, and how far the others are from the first. */
export function bitsTable(rows: readonly BitsRow[]): string {
  const names = rows[0]!.modes.map(({ attention }) => kindOf(attention));
  const head = ["tokens", ...names.flatMap((name, index) => (index === 0 ? [name] : [name, `less ${names[0]}`]))];
  const body = rows.map(({ modes, ...span }) => [
    spanText(span),
    ...modes.flatMap(({ difference, ...mode }) => [
      estimateText(mode, { text: bits }),
      ...(difference ? [estimateText(difference, { text: bits, signed: true })] : []),
    ]),
  ]);
  const pieces = Math.max(...rows.flatMap(({ modes }) => modes.map((mode) => mode.pieces)));
  const notes = [
    `Bits a byte of the text, by the position in ${pieces === 1 ? "it" : `${pieces} pieces of it`}; less is better.`,
    ...(pieces > 1 ? ["± is half of the interval that 95 of 100 draws of other pieces fall into."] : []),
    ...(names.includes("reattention")
      ? [
          "In reattention the tokens of a chunk choose together, so those behind a token have a say in what it sees; --help says more.",
        ]
      : []),
    ...modeLines(rows[0]!.modes),
  ];
  return [...tableText(head, body, 1), "", ...notes].join("\n");
}

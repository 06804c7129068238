import { integerText } from "../../runtime/integers.js";
import { kindOf } from "../../runtime/reattention/index.js";
import { memorySpeed } from "../rates.js";
import { memoryRate, productRate } from "../units.js";
import { crossovers, holdsAll } from "./crossover.js";
import type { Crossover, LongContextResults, Row } from "./results.js";

const seconds = (ms: number | undefined): string => (ms === undefined ? "-" : `${(ms / 1000).toPrecision(3)} s`);
const milliseconds = (ms: number): string => `${ms.toPrecision(3)} ms`;
const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** One row, for logs. */
export function rowText({ attention, tokens, firstTokenMs, tokenMs, memoryBytes, neededBytes }: Row): string {
  const first = firstTokenMs === undefined ? "cache filled without a prompt" : `first token ${seconds(firstTokenMs)}`;
  const over = ((memoryBytes / neededBytes - 1) * 100).toFixed(1);
  return `${kindOf(attention)}, ${integerText(tokens)} tokens: ${first}, a token ${milliseconds(tokenMs)}, memory ${gibibytes(memoryBytes)} (${over} % more than weights and cache)`;
}

const COLUMNS = [
  ["first token", ({ firstTokenMs }: Row) => seconds(firstTokenMs)],
  ["a token", ({ tokenMs }: Row) => milliseconds(tokenMs)],
  ["memory", ({ memoryBytes }: Row) => gibibytes(memoryBytes)],
] as const;

const WIDTH = 13;

/** The modes beside each other: a line a length. */
export function tableText(results: LongContextResults): string {
  const { rows } = results;
  const modes = [...new Set(rows.map(({ attention }) => attention))].sort(
    (a, b) => Number(b === "dense") - Number(a === "dense"),
  );
  // Modes of one kind differ in parameters, which would not fit: they are numbered, and the list below says what they are.
  const isOnlyOfItsKind = (mode: string) => modes.filter((one) => kindOf(one) === kindOf(mode)).length === 1;
  const names = modes.map((mode, index) => (isOnlyOfItsKind(mode) ? kindOf(mode) : `${kindOf(mode)} ${index + 1}`));
  const lengths = [...new Set(rows.map(({ tokens }) => tokens))].sort((a, b) => a - b);
  const line = (first: string, cells: readonly string[]) =>
    `${first.padStart(8)}${cells.map((cell) => cell.padStart(Math.max(WIDTH, cell.length + 2))).join("")}`.trimEnd();
  const ofMode = (mode: string, tokens: number) => rows.find((row) => row.attention === mode && row.tokens === tokens);
  return [
    line(
      "",
      COLUMNS.flatMap(([title]) => [title, ...names.slice(1).map(() => "")]),
    ),
    line(
      "tokens",
      COLUMNS.flatMap(() => names),
    ),
    ...lengths.map((tokens) =>
      line(
        integerText(tokens),
        COLUMNS.flatMap(([, text]) =>
          modes.map((mode) => {
            const row = ofMode(mode, tokens);
            return row ? text(row) : "-";
          }),
        ),
      ),
    ),
    "",
    ...modes.flatMap((mode, index) => (mode === "dense" ? [] : [`${names[index]} is ${mode}`])),
    ...crossoverTexts(rows),
    ratesText(results),
  ].join("\n");
}

const where = ({ tokens, outside }: Crossover): string => {
  if (outside === undefined) return `from ${shortInteger(tokens)} tokens on`;
  const bound = integerText(tokens);
  return outside === "below"
    ? `from below ${bound} tokens on (at every length measured for both)`
    : `only beyond ${bound} tokens, if at all (not at the longest length measured for both)`;
};

/** About: 93.4k. Interpolated lengths are not exact to the token. */
export function shortInteger(tokens: number): string {
  if (tokens < 1024) return String(tokens);
  const [unit, suffix] = tokens < 1024 ** 2 ? [1024, "k"] : [1024 ** 2, "M"];
  return `${Number((tokens / unit).toPrecision(3))}${suffix}`;
}

/** Sentences that say from where on each windowed mode is faster than dense attention. */
export function crossoverTexts(rows: readonly Row[]): string[] {
  return crossovers(rows).flatMap(({ attention, firstToken, token }) => {
    const name = kindOf(attention);
    if (holdsAll(rows, attention))
      return [
        `${name}'s window holds every length that it and dense attention were measured for: both attend to the same tokens`,
      ];
    return [
      ...(firstToken ? [`${name} answers its first token earlier than dense attention ${where(firstToken)}`] : []),
      ...(token ? [`${name} makes a token faster than dense attention ${where(token)}`] : []),
    ];
  });
}

function ratesText(results: LongContextResults): string {
  const { copyTBs, readTBs = 0, matmulTFLOPs = 0 } = results;
  return (
    `${results.device} gives ${memoryRate(memorySpeed(results))} of memory (copying ${memoryRate(copyTBs)}, reading ` +
    `${memoryRate(readTBs)}) and ${productRate(matmulTFLOPs)} of bf16 matrix products`
  );
}

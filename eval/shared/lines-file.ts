/** Results on disk, one a line as they come: whoever is killed loses the one under way. */

import { appendFileSync, existsSync, truncateSync } from "node:fs";
import { z } from "zod";
import { readRegular } from "../../runtime/files.js";
import { EvaluationError } from "./errors.js";

/** What a file of results has. */
export interface LinesOf<Of, Line> {
  /** What its first line says that it is. */
  readonly kind: string;
  /** What all of its lines have in common, which the first line says too. */
  readonly of: z.ZodObject & z.ZodType<Of>;
  readonly line: z.ZodType<Line>;
  /** Of two lines with the same key the later one counts. */
  readonly keyOf: (line: Line) => string;
}

export interface Lines<Of, Line> {
  readonly of: Of;
  readonly lines: Map<string, Line>;
}

/** What a file says that it is. @throws EvaluationError where it says nothing of the kind */
export const kindOfLines = (path: string): string => parsed(path, 1, wholeLines(path).text[0] ?? "", anyHead).kind;

/** What a file of results has. @throws EvaluationError where it is none of the kind */
export function readLines<Of, Line>(path: string, { kind, of, line, keyOf }: LinesOf<Of, Line>): Lines<Of, Line> {
  const text = wholeLines(path).text;
  const head = z.object({ kind: z.literal(kind), version: z.literal(1) });
  parsed(path, 1, text[0] ?? "", head);
  const found = text.slice(1).map((one, index) => parsed(path, index + 2, one, line));
  return { of: parsed(path, 1, text[0]!, of), lines: new Map(found.map((one) => [keyOf(one), one])) };
}

/** A file of results: its first line says of what. */
export class LinesFile<Of extends object, Line extends object> {
  readonly path: string;
  readonly lines: Map<string, Line>;
  readonly #keyOf: (line: Line) => string;

  /**
   * Goes on with a file that is there; the rest of a line that was being written when its program was killed is dropped.
   * @throws EvaluationError where it holds something else, or results of something else
   */
  constructor(path: string, of: Of, format: LinesOf<Of, Line>) {
    this.path = path;
    this.#keyOf = format.keyOf;
    const { text, end } = existsSync(path) ? wholeLines(path) : { text: [], end: undefined };
    // What is behind the last whole line is cut off, so that the next one begins a line.
    if (end !== undefined) truncateSync(path, end);
    if (text.length === 0) {
      this.lines = new Map();
      this.#append({ kind: format.kind, version: 1, ...of });
      return;
    }
    const found = readLines(path, format);
    const differs = differing(found.of, of, Object.keys(format.of.shape) as (keyof Of)[]);
    if (differs.length > 0)
      throw new EvaluationError(
        `${path} has ${format.kind} of another run: ${differs.map((key) => `${String(key)} differs`).join(", ")}`,
        "Write into another folder, or give --fresh to replace them.",
      );
    this.lines = found.lines;
  }

  /** Keeps a result, on disk before anything else. */
  put(line: Line): void {
    this.#append(line);
    this.lines.set(this.#keyOf(line), line);
  }

  #append(line: object): void {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }
}

/** Lines that ended, and where the last one did if there is more. */
function wholeLines(path: string): { readonly text: readonly string[]; readonly end: number | undefined } {
  const bytes = readRegular(path);
  const end = bytes.lastIndexOf("\n") + 1;
  const text = bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  return { text, end: end < bytes.length ? end : undefined };
}

const differing = <Of>(found: Of, of: Of, keys: readonly (keyof Of)[]): (keyof Of)[] =>
  keys.filter((key) => JSON.stringify(found[key]) !== JSON.stringify(of[key]));

const anyHead = z.object({ kind: z.string() });

function parsed<Line>(path: string, number: number, line: string, shape: z.ZodType<Line>): Line {
  try {
    return shape.parse(JSON.parse(line));
  } catch (cause) {
    throw new EvaluationError(
      `${path}, line ${number}: it is no line of results that this version reads`,
      "Write into another folder, or give --fresh to replace the file.",
      { cause },
    );
  }
}

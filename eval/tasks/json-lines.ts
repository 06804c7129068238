import { z } from "zod";
import { readRegular } from "../../runtime/files.js";
import { EvaluationError } from "../shared/errors.js";

/** Books a line each are hundreds of megabytes, more than one text can have. */
const MOST_BYTES = 2 ** 31;

/** Objects of a file with one a line. @throws EvaluationError that names the line which is none, or not as expected */
export const readJsonLines = <Line>(path: string, line: z.ZodType<Line>): Line[] => linesOf(path, bytesOf(path), line);

/** What a file of JSON holds. @throws EvaluationError that names the file */
export const readJson = <Whole>(path: string, whole: z.ZodType<Whole>): Whole => wholeOf(path, bytesOf(path), whole);

/** Objects of a file that holds a list of them. @throws EvaluationError that names the first which is not as expected, counted from 1 */
export const readJsonList = <Item>(path: string, item: z.ZodType<Item>): Item[] => itemsOf(path, bytesOf(path), item);

/** Objects of a file that holds a list of them, or has one a line: the same data set is published as both. @throws EvaluationError as for either */
export function readJsonRows<Row>(path: string, row: z.ZodType<Row>): Row[] {
  const bytes = bytesOf(path);
  return (bytes[0] === OPENING ? itemsOf : linesOf)(path, bytes, row);
}

const LINE_FEED = 10;
const OPENING = "[".charCodeAt(0);

const bytesOf = (path: string): Buffer => readRegular(path, MOST_BYTES);

function linesOf<Line>(path: string, bytes: Buffer, line: z.ZodType<Line>): Line[] {
  const found: Line[] = [];
  for (let start = 0, number = 1; start < bytes.length; number++) {
    const end = bytes.indexOf(LINE_FEED, start);
    const text = bytes.toString("utf8", start, end < 0 ? bytes.length : end);
    if (text.trim() !== "") found.push(parsed(`${path}, line ${number}`, () => line.parse(JSON.parse(text))));
    start = end < 0 ? bytes.length : end + 1;
  }
  return found;
}

const wholeOf = <Whole>(path: string, bytes: Buffer, whole: z.ZodType<Whole>): Whole =>
  parsed(path, () => whole.parse(JSON.parse(bytes.toString("utf8"))));

const itemsOf = <Item>(path: string, bytes: Buffer, item: z.ZodType<Item>): Item[] =>
  wholeOf(path, bytes, z.array(z.unknown())).map((one, index) =>
    parsed(`${path}, item ${index + 1}`, () => item.parse(one)),
  );

/** @param place what is said not to be as published: a file, or a line of it */
function parsed<Value>(place: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    throw new EvaluationError(`${place}: it is not as this file is published`, "Fetch the file again.", { cause });
  }
}

import { z } from "zod";
import { EvaluationError } from "../../shared/errors.js";
import { readJsonLines } from "../json-lines.js";
import { placeOf } from "../task-files.js";

const needle = z.object({
  needle: z.string().min(1),
  retrieval_question: z.string(),
  arg1: z.string().default(""),
  /** What a right answer has. */
  arg2: z.string().min(1),
  language: z.string(),
});
export type Needle = z.infer<typeof needle>;

const text = z.object({ text: z.string() });

export interface Language {
  /** As needles have it. */
  readonly name: string;
  /** Files of texts, of which the first that is there is taken. */
  readonly hay: readonly string[];
}

const PLACES = ["", "needlebench", "opencompass/needlebench"];

/** @throws EvaluationError where a file is missing, or a line is not as published */
export function readNeedles(folder: string, { name }: Language): Needle[] {
  const path = fileOf(folder, ["needles.jsonl"]);
  const own = readJsonLines(path, needle).filter(({ language }) => language === name);
  if (own.length > 0) return own;
  throw new EvaluationError(`${path} has no needle whose language is ${name}`, "Fetch the file again.");
}

/** @throws EvaluationError where no file is there, or none has a text, or a line is not as published */
export function readTexts(folder: string, { hay }: Language): string[] {
  const path = fileOf(folder, hay);
  const texts = readJsonLines(path, text).flatMap((line) => (line.text.trim() === "" ? [] : [line.text]));
  if (texts.length > 0) return texts;
  throw new EvaluationError(`${path} has no text`, "Fetch the file again.");
}

function fileOf(folder: string, names: readonly string[]): string {
  const path = names.map((name) => placeOf(folder, PLACES, name)).find((one) => one !== undefined);
  if (path !== undefined) return path;
  throw new EvaluationError(
    `${folder} has no file ${names.join(" or ")}`,
    "Give --data a folder with the files of https://huggingface.co/datasets/opencompass/NeedleBench.",
  );
}

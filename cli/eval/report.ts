import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readResults } from "../../eval/niah/index.js";
import { readScores, SCORES } from "../../eval/perplexity/index.js";
import { reportPage } from "../../eval/report/page.js";
import { kindOfLines } from "../../eval/shared/lines-file.js";
import { readAnswers } from "../../eval/tasks/index.js";
import { InputError } from "../report/errors.js";
import { ensureResultsFolder } from "./folder.js";

/** Writes a page of all that evaluations have left in a folder and in those below it, and prints where it is. */
export function evalReport(folder: string): number {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new InputError(`${folder} is no folder`, "Give the folder that evaluations wrote into, such as leval.");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const pathsOf = (end: string) => names.filter((name) => name.endsWith(end)).map((name) => join(folder, name));
  const [scores, answers] = [true, false].map((wanted) =>
    pathsOf(".jsonl").filter((path) => (kindOfLines(path) === SCORES) === wanted),
  );
  const findings = {
    taskSets: answers!.map((path) => readAnswers(path)),
    niah: pathsOf("niah.json").map((path) => readResults(path)),
    scores: scores!.map((path) => readScores(path)),
  };
  if (Object.values(findings).every(({ length }) => length === 0))
    throw new InputError(
      `${folder} has no results of evaluations`,
      "Give the folder that eval niah, eval leval or eval perplexity wrote into, by --out or by its name.",
    );
  ensureResultsFolder(folder);
  const page = join(folder, "report.html");
  writeFileSync(page, reportPage(findings));
  console.log(page);
  return 0;
}

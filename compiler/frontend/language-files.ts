import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { LANGUAGE } from "../ir/index.js";

interface File {
  readonly fileName: string;
}

/** The language in TypeScript, bodies of its library included: `dsl/` in the repository, `language/` beside the built compiler. */
function languageFile(): string {
  const [here, built] = ["dsl", "language"].map((one) =>
    fileURLToPath(new URL(`../../${one}/index.ts`, import.meta.url)),
  );
  return realpathSync(existsSync(here!) ? here! : built!);
}

export const LANGUAGE_FILE = languageFile();
const LANGUAGE_FOLDER = dirname(LANGUAGE_FILE) + sep;

export const isOfLanguage = ({ fileName }: File): boolean => fileName.startsWith(LANGUAGE_FOLDER);

/** Of the functions that are written in the language itself. */
export const isOfLibrary = ({ fileName }: File): boolean => fileName.startsWith(`${LANGUAGE_FOLDER}library${sep}`);

/** Where a file lies that a span names. */
export const sourcePath = (project: string, file: string): string =>
  file.startsWith(LANGUAGE) ? join(LANGUAGE_FOLDER, file.slice(LANGUAGE.length)) : join(project, file);

/** A file of the language as it is called wherever it lies: what no path is, relative to a project. */
export const nameInLanguage = ({ fileName }: File): string =>
  `${LANGUAGE}${relative(LANGUAGE_FOLDER, fileName).split(sep).join("/")}`;

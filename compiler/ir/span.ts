/** A stretch of TypeScript source: 1-based lines and columns, the end exclusive. `file` is relative to the project, so bundles do not depend on the machine. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What the files of the language itself are called by, whose library is compiled with kernels. */
export const LANGUAGE = "tilescript:";

export const isOfLanguage = ({ file }: Span): boolean => file.startsWith(LANGUAGE);

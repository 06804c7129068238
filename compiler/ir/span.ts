/** A stretch of TypeScript source: 1-based lines and columns, the end exclusive. `file` is relative to the project, so bundles do not depend on the machine. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What a build is doing, as a sentence; with numbers while cubins are made. */
export interface BuildProgress {
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
}

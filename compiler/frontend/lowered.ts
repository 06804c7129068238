/** What goes into a frontend and comes out of it, without a type of TypeScript's: the package's declarations name these. */
import type { Diagnostic } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";

/** Texts of files by their absolute paths. */
export type Texts = Pick<ReadonlyMap<string, string>, "get" | "has">;

/** What the language says of one of its names, in Markdown. */
export interface Description {
  readonly text: string;
  readonly examples: readonly string[];
}

/** What one file gave. As long as nothing that it depends on has changed it is the very same object. */
export interface LoweredFile {
  /** Draft IR: types are unknown but for literals; a generic kernel stands once for each choice of dtypes. */
  readonly drafts: readonly Kernel[];
  /** Problems of the file, and of others as far as its kernels call what is in them. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What lowering is relative to. */
export interface LowerOptions {
  /** Folder that the files are relative to and that names in diagnostics and IR are relative to. Default: the current directory. */
  readonly root?: string;
}

/** What all files gave. */
export interface Lowered {
  /** What each of the files gave that are there, in their order. */
  readonly files: readonly LoweredFile[];
  /** The drafts of all files. */
  readonly drafts: readonly Kernel[];
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of the user's files that were read, imports included: what a build depends on. */
  readonly sources: readonly string[];
}

/** TypeScript to draft IR, with what it has read so far. */
export interface Frontend {
  /**
   * Reads kernel files into draft IR. All problems of all files are reported; drafts of kernels with problems are given too, with
   * literals of unknown type in the places that were reported.
   */
  lower(files: readonly string[], options?: LowerOptions): Lowered;
  /** What the language's documentation says of a name that it exports; undefined before anything was lowered, and for other names. */
  describe(name: string): Description | undefined;
}

/** What a frontend reads that is not on disk. */
export interface FrontendOptions {
  /** Texts that stand in the place of what is on disk, by absolute paths: what an editor has not saved. They may change between calls. */
  readonly texts?: Texts;
}

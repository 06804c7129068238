import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Aliases } from "../aliases.js";
import { LIMITS, type Limit } from "../ir/index.js";
import { insteadOfChain, parserEnds, tooDeep } from "./depth.js";
import { LANGUAGE_FILE } from "./language-files.js";
import type { Texts } from "./lowered.js";
import { ts } from "./typescript.mjs";

/** Host-side entry points: a kernel has no use for their types, and they would pull in the whole runtime. */
const HOST_MODULES = /^(tilescript\/|node:)/;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
  paths: { tilescript: [LANGUAGE_FILE] },
};

/** Nobody reads what TypeScript's own declarations say in comments, and to parse that takes as long as all the rest of them. */
const DECLARED = { languageVersion: OPTIONS.target!, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };

const LIBRARY = dirname(ts.getDefaultLibFilePath(OPTIONS));

/** A limit that a file goes beyond as it is written, and where. */
export interface Refusal {
  readonly limit: Limit;
  readonly from: ts.LineAndCharacter;
  readonly to: ts.LineAndCharacter;
  readonly instead?: string;
}

interface CachedFile {
  readonly text: string;
  /** Empty in the place of one that is refused: TypeScript must not walk it. */
  readonly source: ts.SourceFile;
  readonly refusal?: Refusal;
}

/** Bytes of a character in UTF-8, at most: a larger file is not even read. */
const MOST_BYTES = 4 * LIMITS.characters;

/**
 * The TypeScript program over kernel files. One is kept and renewed, because starting one costs half a second and re-reading a changed
 * file a few milliseconds.
 */
export class KernelProject {
  /** TypeScript's own declarations, read once. */
  private readonly library = new Map<string, ts.SourceFile>();
  private readonly cache = new Map<string, CachedFile>();
  /** Files with an import that led nowhere: what is missing may be there next time. */
  private readonly unresolved = new Set<string>();
  private last: ts.Program | undefined;
  private readonly texts: Texts;

  /** @param texts what stands in the place of the text of files: what an editor has not saved yet */
  constructor(texts: Texts = new Map()) {
    this.texts = texts;
  }

  /** Why a file of the program stands for nothing; undefined for all others. */
  refusal(path: string): Refusal | undefined {
    return this.cache.get(path)?.refusal;
  }

  /** Whether a file has an import that leads nowhere. */
  isUnresolved(path: string): boolean {
    return this.unresolved.has(path);
  }

  /** The program of the last call. */
  get current(): ts.Program | undefined {
    return this.last;
  }

  /** Makes the next program anew: one whose checker was interrupted knows wrong things. */
  forget(): void {
    this.last = undefined;
    this.cache.clear();
  }

  /** The program over these files as they are on disk now; the very same one, with all it knows, while nothing has changed. */
  program(files: readonly string[]): ts.Program {
    if (this.last === undefined || !this.isCurrent(this.last, files)) {
      this.last = ts.createProgram({ rootNames: files, options: OPTIONS, host: this.host(), oldProgram: this.last });
    }
    return this.last;
  }

  private isCurrent(program: ts.Program, files: readonly string[]): boolean {
    const roots = program.getRootFileNames();
    if (roots.length !== files.length || roots.some((root, index) => root !== files[index])) return false;
    const sources = program.getSourceFiles();
    if (sources.some(({ fileName }) => this.unresolved.has(fileName))) return false;
    return (
      files.every((file) => program.getSourceFile(file)) && sources.every((one) => this.find(one.fileName) === one)
    );
  }

  private find(path: string): ts.SourceFile | undefined {
    return dirname(path) === LIBRARY ? this.declared(path) : this.read(path);
  }

  private declared(path: string): ts.SourceFile | undefined {
    const text = this.library.has(path) ? undefined : ts.sys.readFile(path);
    if (text !== undefined) this.library.set(path, ts.createSourceFile(path, text, DECLARED));
    return this.library.get(path);
  }

  private host(): ts.CompilerHost {
    const resolved = ts.createModuleResolutionCache("/", (name) => name, OPTIONS);
    const aliases = new Aliases();
    const fileExists = (path: string) => this.texts.has(path) || ts.sys.fileExists(path);
    const system: ts.System = { ...ts.sys, fileExists };
    return {
      fileExists,
      readFile: (path) => this.texts.get(path) ?? ts.sys.readFile(path),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
      realpath: (path) => ts.sys.realpath?.(path) ?? path,
      getSourceFile: (path) => this.find(path),
      getDefaultLibFileName: () => join(LIBRARY, "lib.d.ts"),
      getDefaultLibLocation: () => LIBRARY,
      getCurrentDirectory: () => process.cwd(),
      getCanonicalFileName: (path) => path,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      writeFile: () => {},
      hasInvalidatedResolutions: (path) => this.unresolved.has(path),
      resolveModuleNameLiterals: (names, containing, _redirected, options) => {
        this.unresolved.delete(containing);
        return names.map(({ text }) => {
          if (HOST_MODULES.test(text)) return { resolvedModule: undefined };
          const name = aliases.source(text, containing) ?? text;
          const found = ts.resolveModuleName(name, containing, options, system, resolved);
          if (found.resolvedModule === undefined) this.unresolved.add(containing);
          return found;
        });
      },
    };
  }

  /** A file as it is now: the same object as before while it has not changed. */
  private read(path: string): ts.SourceFile | undefined {
    const text = this.texts.get(path) ?? textOf(path);
    if (text === undefined) return undefined;
    const known = this.cache.get(path);
    if (known?.text === text) return known.source;
    const file = { text, ...parsed(path, text) };
    this.cache.set(path, file);
    return file.source;
  }
}

/** The text of a regular file; undefined for anything else, and for one that goes away meanwhile. */
function textOf(path: string): string | undefined {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (!facts?.isFile()) return undefined;
    return facts.size > MOST_BYTES ? " ".repeat(LIMITS.characters + 1) : readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function parsed(path: string, text: string): Omit<CachedFile, "text"> {
  // Without parents, which the checker's own pass over a file sets.
  const parse = (part: string, parents = false) => ts.createSourceFile(path, part, OPTIONS.target!, parents);
  const place = (at: number) => ts.getLineAndCharacterOfPosition({ text } as ts.SourceFileLike, at);
  const refused = (limit: Limit, start: number, end: number, instead?: string) => ({
    source: parse(""),
    refusal: { limit, from: place(start), to: place(end), ...(instead && { instead }) },
  });
  if (text.length > LIMITS.characters) return refused("characters", 0, 0);
  try {
    const source = parse(text);
    if (tooDeep(source) === null) return { source };
    const node = tooDeep(parse(text, true))!;
    return refused("nesting", node.getStart(), node.end, insteadOfChain(node));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const at = parserEnds(text, (part) => parse(part));
    return refused("nesting", at, at + 1);
  }
}

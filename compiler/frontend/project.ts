import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Project, ts } from "ts-morph";

/** The language's declarations: TypeScript in the repository, `.d.ts` beside the built compiler. */
function languageFile(): string {
  const source = fileURLToPath(new URL("../../dsl/index.ts", import.meta.url));
  return realpathSync(existsSync(source) ? source : source.replace(/\.ts$/, ".d.ts"));
}

export const LANGUAGE_FILE = languageFile();
export const LANGUAGE_FOLDER = dirname(LANGUAGE_FILE) + sep;

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

interface CachedFile {
  readonly version: string;
  readonly source: ts.SourceFile;
}

/**
 * The TypeScript program over kernel files. One is kept and renewed, because starting one costs half a second and re-reading a changed
 * file a few milliseconds.
 */
export class KernelProject {
  /** TypeScript's own declarations, which ts-morph carries inside it. */
  private readonly library = libraryFiles();
  private readonly cache = new Map<string, CachedFile>();
  /** Files with an import that led nowhere: what is missing may be there next time. */
  private readonly unresolved = new Set<string>();
  private last: ts.Program | undefined;

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
    return this.library.files.get(path) ?? this.read(path);
  }

  private host(): ts.CompilerHost {
    const resolved = ts.createModuleResolutionCache("/", (name) => name, OPTIONS);
    const { directory } = this.library;
    return {
      fileExists: (path) => this.library.files.has(path) || ts.sys.fileExists(path),
      readFile: (path) => ts.sys.readFile(path),
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
      realpath: (path) => ts.sys.realpath?.(path) ?? path,
      getSourceFile: (path) => this.find(path),
      getDefaultLibFileName: () => `${directory}/lib.d.ts`,
      getDefaultLibLocation: () => directory,
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
          const found = ts.resolveModuleName(text, containing, options, ts.sys, resolved);
          if (found.resolvedModule === undefined) this.unresolved.add(containing);
          return found;
        });
      },
    };
  }

  /** A file as it is now: the same object as before while it has not changed. */
  private read(path: string): ts.SourceFile | undefined {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (!facts?.isFile()) return undefined;
    const version = `${facts.mtimeMs}:${facts.size}`;
    const known = this.cache.get(path);
    if (known?.version === version) return known.source;
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
    this.cache.set(path, { version, source });
    return source;
  }
}

function libraryFiles(): { readonly directory: string; readonly files: ReadonlyMap<string, ts.SourceFile> } {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipAddingFilesFromTsConfig: true,
    compilerOptions: { ...OPTIONS, paths: {} },
  });
  // A program without files has no library either.
  project.createSourceFile("/empty.ts", "");
  const program = project.getProgram().compilerObject;
  const sources = program.getSourceFiles().filter((source) => program.isSourceFileDefaultLibrary(source));
  return { directory: dirname(sources[0]!.fileName), files: new Map(sources.map((one) => [one.fileName, one])) };
}

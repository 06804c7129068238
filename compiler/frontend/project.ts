import { existsSync, statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Project, ts } from "ts-morph";

/** The language's declarations: TypeScript in the repository, `.d.ts` beside the built compiler. */
function languageFile(): string {
  const source = fileURLToPath(new URL("../../dsl/index.ts", import.meta.url));
  return existsSync(source) ? source : source.replace(/\.ts$/, ".d.ts");
}

export const LANGUAGE_FILE = languageFile();
export const LANGUAGE_FOLDER = dirname(LANGUAGE_FILE) + sep;

/** Host-side entry points: a kernel has no use for their types, and they would pull in the whole runtime. */
const HOST_MODULES = /^(tilescript\/|node:)/;

/**
 * The TypeScript program over kernel files. One is kept and refreshed, because starting one costs half a second and re-reading a changed
 * file a few milliseconds.
 */
export class KernelProject {
  private readonly project: Project;
  private readonly versions = new Map<string, string>();

  constructor() {
    this.project = new Project({
      skipAddingFilesFromTsConfig: true,
      skipFileDependencyResolution: true,
      compilerOptions: {
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
      },
      resolutionHost: (host, options) => ({
        resolveModuleNames: (names, containing) =>
          names.map((name) =>
            HOST_MODULES.test(name)
              ? undefined
              : ts.resolveModuleName(name, containing, options(), host).resolvedModule,
          ),
      }),
    });
  }

  /** The program over these files as they are on disk now. Files that do not exist are left out. */
  program(files: readonly string[]): ts.Program {
    for (const file of files) {
      if (existsSync(file)) this.project.addSourceFileAtPathIfExists(file);
    }
    const known = this.project.getSourceFiles().map((source) => source.getFilePath());
    for (const path of new Set([...known, ...this.versions.keys()])) this.refresh(path);
    const program = this.project.getProgram().compilerObject;
    // What the program found by itself, through imports, may change before it is asked for again.
    for (const path of this.userFiles(program)) this.note(path);
    return program;
  }

  private note(path: string): string | undefined {
    const facts = statSync(path, { throwIfNoEntry: false });
    const version = facts && `${facts.mtimeMs}:${facts.size}`;
    if (version !== undefined) this.versions.set(path, version);
    return version;
  }

  /** The files of a program that belong neither to TypeScript nor to the language. */
  userFiles(program: ts.Program): string[] {
    return program
      .getSourceFiles()
      .map((source) => source.fileName)
      .filter((path) => existsSync(path) && !path.startsWith(LANGUAGE_FOLDER))
      .sort();
  }

  private refresh(path: string): void {
    if (path.startsWith(LANGUAGE_FOLDER)) return;
    const source = this.project.getSourceFile(path);
    const before = this.versions.get(path);
    const version = this.note(path);
    if (version === undefined) {
      source?.forget();
      this.versions.delete(path);
      return;
    }
    if (before !== undefined && before !== version) source?.refreshFromFileSystemSync();
  }
}

export const absolute = (root: string, file: string): string => resolve(root, file);

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createPathsMatcher, getTsconfig } from "get-tsconfig";

type Matcher = (specifier: string) => readonly string[];

/** The package's own names, which always mean the package: a clone's tsconfig.json leads them to the sources that dist/ was compiled from. */
const OURS = /^tilescript(?:\/|$)/;

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** Other names of modules: `paths` in the tsconfig.json that is nearest above the importing file. Reads each of these once. */
export class Aliases {
  readonly #read = new Map<string, unknown>();
  readonly #matchers = new Map<string, Matcher>();

  /** The source that a name stands for, TypeScript before JavaScript; undefined for a relative name and for one that is no alias. */
  source(specifier: string, importer: string): string | undefined {
    if (/^(?:\.{0,2}\/|[a-z]+:)/.test(specifier) || OURS.test(specifier)) return undefined;
    const folder = dirname(importer);
    const matcher = this.#matchers.get(folder) ?? this.#matcherOf(folder);
    this.#matchers.set(folder, matcher);
    return matcher(specifier)
      .flatMap((path) => [path.replace(/\.(m?)js$/, ".$1ts"), path, `${path}.ts`, join(path, "index.ts")])
      .find(isFile);
  }

  #matcherOf(folder: string): Matcher {
    try {
      const found = getTsconfig(folder, "tsconfig.json", this.#read as Map<string, never>);
      // `baseUrl` alone makes every name an alias; TypeScript 6 has given that up.
      const matcher = found?.config.compilerOptions?.paths ? createPathsMatcher(found) : null;
      return matcher ?? (() => []);
    } catch {
      // What is wrong with it is for tsc to say: without it the name stays unknown, which is reported at the import.
      return () => [];
    }
  }
}

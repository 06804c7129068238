export interface NativeBuild {
  /** Whether there is a usable add-on. */
  readonly built: boolean;
  readonly path: string | undefined;
  readonly reason: "compiled" | "fresh" | "unsupported-platform" | "no-headers" | "no-compiler" | "compile-failed";
  /** The result for a person: what is missing, what works without, how to get it. */
  readonly message: string;
}

export function buildNative(): NativeBuild;
export function findCompiler(): string | undefined;
export function compileAddon(
  compiler: string | readonly string[],
  source: string,
  output: string,
  flags?: readonly string[],
): string | undefined;
export function compileAll(compiler: string | readonly string[], output?: string, flags?: readonly string[]): string | undefined;

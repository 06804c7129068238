import { PRELUDE } from "../../../ops/index.js";

/** Python's keywords, and the names the generated text relies on. */
const RESERVED: ReadonlySet<string> = new Set([
  "libdevice",
  ...Object.values(PRELUDE).flatMap(({ lines }) => lines.flatMap((line) => /^def (\w+)/.exec(line)?.[1] ?? [])),
  ...(
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield match case type print " +
    "tl triton range min max abs float int bool len list isinstance getattr hasattr"
  ).split(" "),
]);

/** Gives every name of the IR one Python name: the same where it is one, a safe and unused one otherwise. */
export class Names {
  private readonly given = new Map<string, string>();
  private readonly taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.taken = new Set([...RESERVED, ...taken]);
  }

  of(name: string): string {
    const known = this.given.get(name);
    if (known !== undefined) return known;
    const fresh = this.fresh(name);
    this.given.set(name, fresh);
    return fresh;
  }

  /** A name that stands for nothing else, like this one. */
  fresh(name: string): string {
    const safe = pythonName(name);
    let fresh = safe;
    for (let index = 2; this.taken.has(fresh); index++)
      fresh = `${safe}_${index === 2 && !safe.endsWith("_") ? "" : index}`;
    this.taken.add(fresh);
    return fresh;
  }
}

/**
 * JavaScript allows `$` and letters that Python normalizes or refuses: they are spelled by their code. Names such as `__debug__` and
 * `__builtins__` mean something to Python wherever they stand.
 */
const pythonName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_]/gu, (letter) => (letter === "$" ? "_" : `u${letter.codePointAt(0)!.toString(16)}`))
    .replace(/^(?=\d|__\w*__$)/, "_");

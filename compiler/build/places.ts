/** Which lines of the sources the lines of a stage come from. */

/** A line of a source. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A text without its notes about places, and the place of each of its lines. */
export interface Placed {
  readonly lines: readonly string[];
  readonly places: readonly (Place | null)[];
}

/** The name of one of our files as debug lines have it, which may have a folder before it. */
const ourFile = (named: string, files: readonly string[]): string | undefined =>
  files.find((file) => named === file || named.endsWith(`/${file}`));

const FILE = /^\s*\.file\s+(\d+)\s+"((?:[^"\\]|\\.)*)"/gm;
const LOC = /^\s*\.loc\s+(\d+)\s+(\d+)\s+\d+(?:,.*\binlined_at\s+(\d+)\s+(\d+)\s)?/;

/** PTX by these files; an instruction of Triton's own library belongs to the line that calls it. */
export function placedPtx(ptx: string, files: readonly string[]): Placed {
  const names = new Map([...ptx.matchAll(FILE)].map(([, index, name]) => [index!, ourFile(name!, files)]));
  const lines: string[] = [];
  const places: (Place | null)[] = [];
  let place: Place | null = null;
  for (const text of ptx.split("\n")) {
    const [, file, line, callerFile, callerLine] = LOC.exec(text) ?? [];
    if (file === undefined) {
      lines.push(text);
      places.push(place);
      continue;
    }
    // Line 0 is what the compiler could not tell: it goes on with what came before.
    const own = names.get(file);
    const caller = callerFile === undefined ? undefined : names.get(callerFile);
    if (own !== undefined && line !== "0") place = { file: own, line: Number(line) };
    else if (own === undefined && caller !== undefined) place = { file: caller, line: Number(callerLine) };
  }
  return { lines, places };
}

const SASS_LINE = /^\s*\/\/## File "([^"]*)", line (\d+)(?: inlined at "([^"]*)", line (\d+))?/;

/** SASS as nvdisasm -gi prints it: a note with a place stands before the instructions that it is of. */
export function placedSass(sass: string, files: readonly string[]): Placed {
  const lines: string[] = [];
  const places: (Place | null)[] = [];
  let place: Place | null = null;
  // Of several notes in a row the first is the innermost; the next are its callers.
  let isSettled = false;
  for (const text of sass.split("\n")) {
    const [, file, line, callerFile, callerLine] = SASS_LINE.exec(text) ?? [];
    if (file === undefined) {
      isSettled = false;
      lines.push(text);
      places.push(place);
      continue;
    }
    if (isSettled) continue;
    const own = ourFile(file, files);
    const caller = callerFile === undefined ? undefined : ourFile(callerFile, files);
    if (own !== undefined && line !== "0") place = { file: own, line: Number(line) };
    else if (own === undefined && caller !== undefined) place = { file: caller, line: Number(callerLine) };
    else continue;
    isSettled = true;
  }
  return { lines, places };
}

const DEFINED = /^#(loc\d*) = loc\((.*)\)$/;
/** Arguments have places too, of which only their names are new. */
const OF_ARGUMENT = / loc\((?:"[^"]*"\()?#loc\d*\)+/g;
const USED = /\s*loc\(#(loc\d*)\)\s*$/;

/** MLIR with a place behind each operation; they are defined by name, through one another, at the end of the text. */
export function placedMlir(text: string, files: readonly string[]): Placed {
  const all = text.split("\n");
  const definitions = new Map(
    all.flatMap((line) => {
      const [, name, definition] = DEFINED.exec(line) ?? [];
      return name === undefined ? [] : [[name, definition!] as const];
    }),
  );
  const known = new Map<string, Place | null>();
  /** The first place of ours that a definition names: of a call, what is called comes before who calls. */
  const placeOf = (name: string): Place | null => {
    if (known.has(name)) return known.get(name)!;
    known.set(name, null);
    const definition = definitions.get(name) ?? "";
    let found: Place | null = null;
    for (const [, file, line, other] of definition.matchAll(/"((?:[^"\\]|\\.)*)":(\d+):\d+|#(loc\d*)/g)) {
      const own = file === undefined ? undefined : ourFile(file, files);
      found = own !== undefined ? { file: own, line: Number(line) } : other === undefined ? null : placeOf(other);
      if (found) break;
    }
    known.set(name, found);
    return found;
  };
  const kept = all.filter((line) => !DEFINED.test(line));
  return {
    lines: kept.map((line) => line.replace(USED, "").replace(OF_ARGUMENT, "")),
    places: kept.map((line) => {
      const [, name] = USED.exec(line) ?? [];
      return name === undefined ? null : placeOf(name);
    }),
  };
}

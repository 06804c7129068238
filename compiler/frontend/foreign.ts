/** Names that people bring along from Triton, CUDA, NumPy and Python, and what stands for them here. */
const FOREIGN: Readonly<Record<string, string>> = {
  tl: "call the functions of tilescript by their names: load(…), not tl.load(…)",
  triton: "call the functions of tilescript by their names",
  np: "call the functions of tilescript by their names: zeros(shape, dtype), exp(x)",
  torch: "call the functions of tilescript by their names; what runs on the host stays outside the kernel",
  blockIdx: "use programId(0), programId(1) or programId(2)",
  gridDim: "use numPrograms(0), numPrograms(1) or numPrograms(2)",
  threadIdx: "a program works on whole tiles: arange(0, BLOCK) has an index for each element",
  blockDim: "a program works on whole tiles, of sizes that are Const parameters",
  __syncthreads: "use debugBarrier(), where anything needs one: a program's own loads and stores are in order",
  float: 'use to(x, "f32")',
  int: 'use to(x, "i32")',
  bool: "use x !== 0",
  inf: "write Infinity",
  nan: "write NaN",
  None: "leave it out",
  True: "write true",
  False: "write false",
  print: 'use devicePrint("text", x)',
  printf: 'use devicePrint("text", x)',
  assert: 'use deviceAssert(condition, "text")',
  len: "pass the size as a parameter",
  tensor: "full(shape, value, dtype) and zeros(shape, dtype) make tiles; load(…) reads them",
  console: 'use devicePrint("text", x)',
  performance: "it runs on the host: call it there, and pass what it gives as a parameter",
  process: "it belongs to Node: pass its value as a parameter, a Const one where builds differ by it",
  require: "use import at the top of the file",
  document: "it belongs to the host: pass its value as a parameter",
  window: "it belongs to the host: pass its value as a parameter",
};

const camel = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** How many letters are to be put in, left out, changed or swapped: Damerau and Levenshtein's distance. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed, swapped ? rows[i - 2]![j - 2]! + 1 : changed));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The name that was meant, where one is close enough; of several equally close ones all. */
export function closest(name: string, names: Iterable<string>): string | undefined {
  const lower = (text: string): string => text.toLowerCase();
  const able = [...names].filter((one) => one !== name && Math.abs(one.length - name.length) <= 2);
  const same = able.find((one) => one === camel(name)) ?? able.find((one) => lower(one) === lower(name));
  if (same !== undefined || name.length < 3) return same;
  const most = name.length < 5 ? 1 : 2;
  const ranked = able
    .map((one) => [distance(lower(name), lower(one)) + (one[0] === name[0] ? 0 : 1), one] as const)
    .sort(([a], [b]) => a - b);
  const nearest = ranked[0]?.[0] ?? Number.POSITIVE_INFINITY;
  if (nearest > most) return undefined;
  const meant = ranked.filter(([far]) => far === nearest).map(([, one]) => one);
  return meant.slice(0, 3).join(" or ");
}

/** What to write instead of a name that is declared nowhere, among those that are known where it stands. */
export function insteadOfName(name: string, known: Iterable<string>): string | undefined {
  if (Object.hasOwn(FOREIGN, name)) return FOREIGN[name];
  const meant = closest(name, known);
  return meant && `did you mean ${meant}?`;
}

import { closest } from "../diagnostics/index.js";

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

/** What to write instead of a name that is declared nowhere, among those that are known where it stands. */
export function insteadOfName(name: string, known: Iterable<string>): string | undefined {
  if (Object.hasOwn(FOREIGN, name)) return FOREIGN[name];
  const meant = closest(name, known);
  return meant && `did you mean ${meant}?`;
}

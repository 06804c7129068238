import { LIMITS, type Limit } from "../../ir/limits.js";
import { problem } from "../diagnostic.js";

/** What each limit says, and how to stay within it. */
const TEXTS: Readonly<Record<Limit, readonly [text: (most: number) => string, hint: string]>> = {
  characters: [(most) => `a file has at most ${most} characters`, "divide it, and keep data out of it"],
  nesting: [
    (most) =>
      `statements and expressions stand at most ${most} levels inside one another, with those of called functions`,
    "give parts of it a name: const part = …",
  ],
  parameters: [(most) => `a kernel has at most ${most} parameters`, "pass a pointer to a buffer of them"],
  builds: [(most) => `a kernel has at most ${most} builds`, "name those that are needed"],
  choices: [
    (most) =>
      `the type parameters of a kernel stand for at most ${most} choices of dtypes, and so do its constants that are no sizes`,
    "limit each to fewer dtypes",
  ],
  steps: [
    (most) => `what is known when kernels are built is computed in at most ${most} steps`,
    "write the values out, or load them from memory",
  ],
  elements: [
    (most) => `a list or a text that is known when the kernel is built has at most ${most} elements`,
    "load the values from memory",
  ],
  terms: [(most) => `a size has at most ${most} terms`, "give the kernel a Const parameter for it"],
  operations: [
    (most) => `a kernel has at most ${most} operations, with its functions called and its loops unrolled`,
    "take range() in the place of staticRange(), or divide the kernel",
  ],
  work: [
    (most) => `a kernel has at most ${most} operations in all its builds and choices of dtypes together`,
    "build it for fewer of them, or divide the kernel",
  ],
  tile: [(most) => `a tile has at most ${most} elements`, "work on a part of it at a time, in a loop"],
};

export const beyondLimit = problem<{ limit: Limit; got?: number; instead?: string }>({
  code: "TS-K1050",
  about: "A kernel goes beyond one of the language's limits, which docs/limits.md lists.",
  message: ({ limit, got }) => TEXTS[limit][0](LIMITS[limit]) + (got === undefined ? "" : `, got ${got}`),
  hint: ({ limit, instead }) => instead ?? TEXTS[limit][1],
});

export const internalError = problem<{ message: string }>({
  code: "TS-K1099",
  about: "The compiler failed where it should have said what is wrong.",
  message: ({ message }) => `the compiler failed here: ${message}`,
  hint: () => "this is a fault of TileScript: please report it with the kernel",
});

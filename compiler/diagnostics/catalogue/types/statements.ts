import { type Type, typeText } from "../../../ir/index.js";
import { problem } from "../../diagnostic.js";

/** Problems of statements: conditions, loops, variables, what is printed and asserted. */

export const tileCondition = problem<{ statement: string; type: Type }>({
  code: "TS-K2023",
  about: "A program takes one way for all elements, so a condition is a scalar.",
  message: ({ statement, type }) => `${statement} needs one condition for the whole program, got ${typeText(type)}`,
  hint: () => "choose per element with where(condition, a, b), or reduce the condition with any(…) or all(…)",
});

export const conditionNotBool = problem<{ statement: string; type: Type }>({
  code: "TS-K2024",
  about: "A condition is a boolean.",
  message: ({ statement, type }) => `${statement} needs a boolean, got ${typeText(type)}`,
  hint: ({ type }) => (type.kind === "tile" && !type.pointer ? "compare it, for example n != 0" : undefined),
});

export const endlessLoop = problem<Record<never, never>>({
  code: "TS-K2063",
  about: "The condition of a while loop is known when the kernel is built, so the loop runs for ever or never.",
  message: () => "this condition never changes in the loop",
  hint: () => "compare a variable that the loop changes; for a fixed number of turns write for (const i of range(n))",
});

export const noInitialValue = problem<{ name: string; type: Type }>({
  code: "TS-K2064",
  about: "A variable that is declared without a value must be given a number or a tile of numbers.",
  message: ({ name, type }) => `${name} is declared without a value, and is then given ${typeText(type)}`,
  hint: ({ name }) => `give ${name} its value where it is declared`,
});

export const readTooEarly = problem<{ name: string }>({
  code: "TS-K2065",
  about: "A variable that is declared without a value is read before it is given one.",
  message: ({ name }) => `${name} has no value here yet`,
  hint: ({ name }) => `give ${name} its value where it is declared`,
});

export const variableChanges = problem<{ name: string; was: Type; now: Type; loop: boolean; hint?: string }>({
  code: "TS-K2025",
  about: "A variable keeps one type, also from one turn of a loop to the next.",
  message: ({ name, was, now, loop }) =>
    `${name} is ${typeText(was)} and cannot become ${typeText(now)}${loop ? " in a loop that carries it" : ""}`,
  hint: ({ hint }) => hint,
});

export const annotationDiffers = problem<{ name: string; written: Type; found: Type }>({
  code: "TS-K2026",
  about: "A type written on a declaration is checked against the one inferred.",
  message: ({ name, written, found }) =>
    `${name} is declared as ${typeText(written)}, but its value is ${typeText(found)}`,
});

export const unusedResult = problem<{ op: string }>({
  code: "TS-K2027",
  about: "An expression whose value nobody takes does nothing.",
  message: ({ op }) => `the result of ${op} is not used, and it has no other effect`,
  hint: () => "assign it, or remove the line",
});

export const noValue = problem<{ what: string }>({
  code: "TS-K2028",
  about: "Something that gives no value was used as one.",
  message: ({ what }) => `${what} gives no value`,
  hint: () => "let it be a statement of its own",
});

export const unknownName = problem<{ name: string }>({
  code: "TS-K2029",
  about: "A name that the kernel does not know.",
  message: ({ name }) => `${name} is not known here`,
  hint: () => "a kernel sees its parameters, its own variables and constants of the module",
});

export const loopBound = problem<{ what: string; type: Type }>({
  code: "TS-K2030",
  about: "range takes scalar integers.",
  message: ({ what, type }) => `${what} of a range is a scalar integer, got ${typeText(type)}`,
});

export const staticBound = problem<{ what: string; type: Type }>({
  code: "TS-K2031",
  about: "staticRange is unrolled, so its bounds must be known when compiling.",
  message: ({ what, type }) => `${what} of a staticRange must be known when compiling, got ${typeText(type)}`,
  hint: () => "use range, or a Const parameter",
});

export const assertionFailed = problem<{ message: string }>({
  code: "TS-K2036",
  about: "A staticAssert does not hold for one of the builds.",
  message: ({ message }) => (message === "" ? "staticAssert does not hold" : message),
});

export const staticPrinted = problem<{ text: string }>({
  code: "TS-K2080",
  severity: "note",
  about: "What a staticPrint says, for one of the builds.",
  message: ({ text }) => text,
});

export const printDoes = problem({
  code: "TS-K2083",
  about: "What staticPrint is given runs nothing: it is printed as the kernel is built.",
  message: () => "staticPrint prints as the kernel is built, and this would run",
  hint: () => "give it a name first: const value = …",
});

export const notPrintable = problem<{ text: string }>({
  code: "TS-K2081",
  about: "devicePrint takes a text of ASCII.",
  message: ({ text }) => `devicePrint takes a text of ASCII, got ${JSON.stringify(text)}`,
  hint: () => "write it in letters that ASCII has",
});

export const missingConstant = problem<{ name: string }>({
  code: "TS-K2054",
  about: "A build gives every Const parameter a value.",
  message: ({ name }) => `the build gives no value for the constant ${name}`,
  hint: ({ name }) => `add it: constants: { ${name}: 64 }`,
});

export const leftOut = problem<{ name: string }>({
  code: "TS-K2085",
  about:
    "A launch may leave an optional parameter out: it is read only where the kernel has asked whether it is given.",
  message: ({ name }) => `${name} is read in the build for launches that leave it out`,
  hint: ({ name }) => `ask first, which is settled as the kernel is built: if (p.${name} !== undefined) …`,
});

export const badStep = problem({
  code: "TS-K2056",
  about: "A range with a step of zero never ends.",
  message: () => "the step of a range cannot be zero",
});

export const loopOption = problem<{ option: string; value: number }>({
  code: "TS-K2066",
  about: "A loop has at least one iteration in flight, and is unrolled by at least one.",
  message: ({ option, value }) => `${option} of a range must be at least 1, got ${value}`,
});

export const textChanges = problem<{ name: string }>({
  code: "TS-K2069",
  about: "A text is known when the kernel is built, and does not change as it runs.",
  message: ({ name }) => `${name} is a text, which cannot change in a kernel`,
  hint: () => "choose by a boolean or a number instead, or by a Const parameter of texts",
});

export const decidedTooLate = problem({
  code: "TS-K2074",
  about: "Which function is called must be known when the kernel is built.",
  message: () => "the choice between two functions must be known when the kernel is built",
  hint: () => "decide it by a Const parameter, or call both: c ? f(x) : g(x), where(mask, f(x), g(x))",
});

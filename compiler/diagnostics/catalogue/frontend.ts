import { DTYPES } from "../../ir/index.js";
import { problem } from "../diagnostic.js";

/** Problems of the source itself, found before types are inferred: TS-K1xxx. */

export const typescriptError = problem<{ code: number; message: string; instead?: string }>({
  code: "TS-K1001",
  about: "TypeScript itself rejects the code; the message is tsc's.",
  message: ({ code, message }) => `${message} (TS${code})`,
  hint: ({ instead }) => instead,
});

export const noFile = problem<{ path: string }>({
  code: "TS-K1002",
  about: "A file that was to be compiled is not there.",
  message: ({ path }) => `there is no file ${path}`,
  hint: () => "check the path; it is relative to the current directory",
});

export const unsupportedSyntax = problem<{ what: string; instead: string }>({
  code: "TS-K1003",
  about: "A part of TypeScript that has no meaning on a GPU.",
  message: ({ what }) => `${what} cannot be used in a kernel`,
  hint: ({ instead }) => instead,
});

export const unknownName = problem<{ name: string; ofLanguage: boolean; isType?: boolean; instead?: string }>({
  code: "TS-K1004",
  about: "A name that is declared nowhere.",
  message: ({ name }) => `cannot find ${name}`,
  hint: ({ name, ofLanguage, isType, instead }) =>
    ofLanguage
      ? `import it: import { ${isType ? "type " : ""}${name} } from "tilescript"`
      : (instead ?? "declare it, or import it from where it is"),
});

export const notAConstant = problem<{ name: string; why: string; instead?: string }>({
  code: "TS-K1005",
  about: "A kernel reads only what is known when it is built: its parameters, and constants of modules.",
  message: ({ name, why }) => `${name} has no value known when the kernel is built: ${why}`,
  hint: ({ name, instead }) => instead ?? `make it a module-level const with a number, or pass ${name} as a parameter`,
});

export const changedConstant = problem<{ name: string }>({
  code: "TS-K1044",
  about:
    "A constant of a module that a kernel reads is changed after it is made: the kernel would see its first value.",
  message: ({ name }) => `${name} is changed here, and kernels read what it was made with`,
  hint: () =>
    "make the whole value in one expression: spreads, map and flatMap over lists are known when a kernel is built",
});

export const unknownFunction = problem<{ name: string; instead: string }>({
  code: "TS-K1006",
  about: "A call of a function that cannot run on a GPU.",
  message: ({ name }) => `${name} cannot be called in a kernel`,
  hint: ({ instead }) => instead,
});

/** What a call with one argument means elsewhere. */
const OF_ONE: Readonly<Record<string, string>> = {
  arange: "write arange(0, size)",
  zeros: 'say of which dtype: zeros(shape, "f32")',
  maximum: "the greatest number of a tile is max(x, axis)",
  minimum: "the least number of a tile is min(x, axis)",
  to: 'say to which dtype: to(x, "f32")',
  where: "write where(condition, a, b)",
};

export const wrongArguments = problem<{ name: string; expected: string; got: number }>({
  code: "TS-K1007",
  about: "A call with too few or too many arguments.",
  message: ({ name, expected, got }) => `${name} takes ${expected}, got ${got}`,
  hint: ({ name, got }) => (got === 1 ? OF_ONE[name] : undefined),
});

export const notStatic = problem<{ what: string; kind: string; instead?: string }>({
  code: "TS-K1008",
  about: "Sizes, axes, dtypes and options must be known when the kernel is built.",
  message: ({ what, kind }) => `${what} must be ${kind} known when the kernel is built`,
  hint: ({ instead }) => instead ?? "use a literal, a Const parameter, or arithmetic of these",
});

export const unknownOption = problem<{ name: string; option: string; options: readonly string[] }>({
  code: "TS-K1009",
  about: "An option that the operation does not have.",
  message: ({ name, option }) => `${name} has no option ${option}`,
  hint: ({ name, option, options }) =>
    option === "axis"
      ? `the axis is no option: ${name}(x, 0)`
      : options.length > 0
        ? `${name} takes ${options.join(", ")}`
        : `${name} takes no options`,
});

export const optionsNotLiteral = problem<{ name: string }>({
  code: "TS-K1010",
  about: "Options are written where the operation is called.",
  message: ({ name }) => `the options of ${name} must be an object literal`,
  hint: () => "write { mask, other: 0 } in the call itself",
});

export const recursion = problem<{ name: string }>({
  code: "TS-K1011",
  about: "A function that calls itself, directly or through others: a GPU has no stack for that.",
  message: ({ name }) => `${name} calls itself`,
  hint: () => "write a loop with range() or while",
});

export const capturedMutable = problem<{ name: string }>({
  code: "TS-K1012",
  about: "A function inside a kernel reads a variable that changes.",
  message: ({ name }) => `this function reads ${name}, which changes`,
  hint: ({ name }) =>
    `declare ${name} with const if it keeps its value, or pass it as a parameter and return the new one`,
});

export const functionEscapes = problem<{ name: string }>({
  code: "TS-K1051",
  about: "Functions are values while a kernel is compiled only: none is left to be stored or returned when it runs.",
  message: ({ name }) => `${name} is a function, which is no value of a running kernel`,
  hint: () => "call it, pass it to a function, or give it a name with const",
});

export const combineCaptures = problem<{ op: string; names: readonly string[] }>({
  code: "TS-K1052",
  about:
    "A function that a reduction, a scan or mapElementwise runs for elements gets these, and sees nothing around it but numbers that it knows.",
  message: ({ op, names }) => `the function of ${op} reads ${names.join(", ")}, and gets nothing but its elements`,
  hint: ({ op, names }) =>
    op === "mapElementwise"
      ? `pass what it is as one more value: mapElementwise((one, ${names[0]}) => …, x, ${names[0]}); memory is loaded before`
      : `make it a part of the state: ${op}([x, full(shape, ${names[0]}, dtype)], …)`,
});

export const assignsConstant = problem<{ name: string; what: string }>({
  code: "TS-K1013",
  about: "An assignment to something that keeps its value.",
  message: ({ name, what }) => `${name} is ${what} and cannot be assigned`,
  hint: ({ name }) => `declare a variable: let next = ${name}`,
});

export const unreachableBuild = problem<{ kernel: string }>({
  code: "TS-K1045",
  about:
    "Two builds with the same constants, dtypes and options are one. Where options alone differ, tilescript tune finds the faster one.",
  message: ({ kernel }) => `an earlier build of ${kernel} is the same as this one`,
  hint: () => "remove one, or let them differ in warps, stages or a Const parameter",
});

export const unreachableVariant = problem<{ kernel: string; variant: number; earlier: number }>({
  code: "TS-K1060",
  about:
    "Launches try the variants in specialize in order: one that asks for all that an earlier one asks for would never run.",
  message: ({ kernel, variant, earlier }) =>
    `specialize[${variant}] of ${kernel} asks for all that specialize[${earlier}] asks for, so no launch reaches it`,
  hint: () => "put the variant that asks for more before the other, or remove it",
});

export const outsideList = problem<{ list: string; count: number }>({
  code: "TS-K1048",
  about: "An index beyond the end of a list.",
  message: ({ list, count }) => `${list} has ${count} elements, and none with this index`,
  hint: ({ count }) => (count > 0 ? `indices go from 0 to ${count - 1}` : undefined),
});

export const notOwnList = problem<{ name: string }>({
  code: "TS-K1150",
  about:
    "Elements of a list are assigned in the function that makes it, from as many elements as are known when the kernel is built.",
  message: ({ name }) => `${name} is no list that this function has made: its elements cannot be assigned`,
  hint: () =>
    "make one, [a, b] or Array.from({ length: 4 }, () => …), or a copy, [...list]; a function gives back what it changes",
});

export const unknownLength = problem<{ name: string }>({
  code: "TS-K1151",
  about: "A list that takes in another one must know how many elements that has.",
  message: ({ name }) => `how many elements ${name} has is not known here`,
  hint: () => "give it a type that says so: [Tile, Tile]",
});

export const lostDigits = problem<{ text: string; value: string }>({
  code: "TS-K1046",
  about: "An integer that JavaScript's numbers do not hold: they have 53 bits.",
  message: ({ text, value }) => `${text} is ${value} as a number of JavaScript`,
  hint: ({ text }) => `write to(${text}n, "i64")`,
});

export const beyondDoubles = problem<{ text: string }>({
  code: "TS-K1047",
  about: "A literal beyond the range of every float.",
  message: ({ text }) => `${text} is beyond the largest number, about 1.8e308`,
  hint: () => "write Infinity where that is meant",
});

export const nestedAssignment = problem<{ asked: boolean }>({
  code: "TS-K1015",
  about: "An assignment inside an expression.",
  message: () => "an assignment must be a statement of its own",
  hint: ({ asked }) => (asked ? "compare with ===" : "assign first, then use the variable"),
});

export const noEffect = problem<void>({
  code: "TS-K1016",
  severity: "warning",
  about: "A statement that computes a value and drops it.",
  message: () => "this expression has no effect",
  hint: () => "keep its value in a variable, or remove it",
});

export const notARange = problem<{ number?: string }>({
  code: "TS-K1017",
  about: "A loop over something that is no range.",
  message: () => "a loop in a kernel runs over range() or staticRange()",
  hint: ({ number }) =>
    number ? `write range(${number})` : "write for (const i of range(0, n)) { … }, with what belongs to i inside",
});

export const returnInLoop = problem<void>({
  code: "TS-K1018",
  about: "A return inside a loop.",
  message: () => "a loop cannot be left with return",
  hint: () => "keep a condition in a variable and test it in while, or mask the work that is left",
});

export const returnsValue = problem<{ kernel: string }>({
  code: "TS-K1019",
  about: "A kernel that returns something: results go to memory.",
  message: ({ kernel }) => `${kernel} is a kernel and returns nothing`,
  hint: () => "store() the value through a pointer parameter",
});

export const pattern = problem<{ what: string }>({
  code: "TS-K1020",
  about: "A destructuring pattern that has no meaning in a kernel.",
  message: ({ what }) => `${what} cannot be used when taking a value apart`,
  hint: () => "name every element: const [a, b] = …, const { x, y } = …",
});

export const notATuple = problem<{ name: string; of?: string; instead?: string }>({
  code: "TS-K1021",
  about: "A member of something that is no tuple and no object, or an object that does not have it.",
  message: ({ name, of }) =>
    of ? `${of} has no member ${name}` : `${name} is no member of a tuple or object that a function returned`,
  hint: ({ instead }) => instead ?? "tiles have no members: use the functions of the language",
});

export const missingImport = problem<{ name?: string; module: string; found?: boolean; instead: string }>({
  code: "TS-K1022",
  about: "An import of a file that is not there or is not TypeScript, or of a name that the file does not export.",
  message: ({ name, module, found }) =>
    name ? `${module} exports no ${name}` : found ? `${module} is no TypeScript` : `cannot find ${module}`,
  hint: ({ instead }) => instead,
});

export const kernelShape = problem<{ what: string }>({
  code: "TS-K1030",
  about: "kernel() takes one function with one object parameter whose type is written out.",
  message: ({ what }) => what,
  hint: () => 'write kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => { … })',
});

/** The dtype of a typed array's elements. */
const elementOf = (type: string): string => /^(?:Big)?(\w)\D*(\d+)/.exec(type)!.slice(1).join("").toLowerCase();

/** What a type of JavaScript, or of Triton, is as a parameter of a kernel. */
const MEANT: readonly (readonly [RegExp, (name: string, type: string) => string])[] = [
  [/^number$/, () => "Int is a whole number, F32 a float"],
  [/^bigint$/, () => "I64 is a whole number of 64 bits"],
  [/^boolean$/, () => "Bool is true or false"],
  [/^string$/, (name) => `a text is known when the kernel is built: Const<"${name}", string>`],
  [/^(number\[\]|Tile<)/, () => 'memory is a pointer, as Ptr<"f32">, which load(…) reads'],
  [/^(Float|Int|Uint|BigInt|BigUint)\d+Array/, (_, type) => `memory is a pointer: Ptr<"${elementOf(type)}">`],
  [/^Ptr<.*>\[\]$/, () => "a launch passes each pointer as a parameter of its own"],
  [/=>/, () => "a launch passes no functions: declare them in a module, or choose by a Const parameter"],
  [/^\{/, () => "parameters are not nested: give each member a parameter of its own"],
  [/^Descriptor<[^,]*>$/, () => 'a descriptor has a block: Descriptor<"f16", [64, 64]>'],
  [/^Const$/, (name) => `write Const<"${name}">`],
  [/float(16|32|64)/, () => 'Triton\'s float32 is "f32"'],
];

const meantType = (name: string, type: string): string => {
  const meant = MEANT.find(([pattern]) => pattern.test(type));
  return meant ? `${meant[1](name, type)}; ` : "";
};

export const parameterType = problem<{ name: string; type: string }>({
  code: "TS-K1031",
  about: "A kernel parameter of a type that cannot be passed to a GPU.",
  message: ({ name, type }) => `parameter ${name} cannot have the type ${type}`,
  hint: ({ name, type }) =>
    / \| undefined$/.test(type)
      ? "leave the question mark out: the builds give every constant its value"
      : `${meantType(name, type)}use Ptr<dtype>, Int, I64, U32, F32, Bool, Scalar<dtype>, Const<name> or Descriptor<dtype, block>; ` +
        `a dtype is one of ${Object.keys(DTYPES).join(", ")}`,
});

export const constName = problem<{ parameter: string; name: string }>({
  code: "TS-K1032",
  about: "A Const parameter carries its own name in its type, so that tsc can tell two of them apart.",
  message: ({ parameter, name }) => `parameter ${parameter} has the type Const<"${name}">`,
  hint: ({ parameter }) => `write ${parameter}: Const<"${parameter}">`,
});

export const truthOfNumber = problem<{ name: string }>({
  code: "TS-K1053",
  about:
    "A number that is left out and the number 0 are both false in JavaScript, and only one of them is known when the kernel is built.",
  message: ({ name }) => `${name} as a condition asks whether it is given, and whether it is 0`,
  hint: ({ name }) => `write ${name} !== undefined, or ${name} !== undefined && ${name} !== 0`,
});

export const typeParameter = problem<{ name: string; odd?: string }>({
  code: "TS-K1033",
  about: "A type parameter of a kernel stands for one of several dtypes.",
  message: ({ name }) => `type parameter ${name} is not limited to a list of dtypes`,
  hint: ({ name, odd }) =>
    `${odd ? `${odd} is no dtype: ` : ""}write for example <${name} extends "f16" | "bf16" | "f32">`,
});

export const kernelPlace = problem<void>({
  code: "TS-K1034",
  about: "A kernel has the name of the module-level constant that holds it.",
  message: () => "a kernel must be the value of a module-level const",
  hint: () => "write export const name = kernel(…)",
});

export const buildValue = problem<{ what: string; notAList?: boolean }>({
  code: "TS-K1040",
  about: "`builds` is read without running the file.",
  message: ({ what, notAList }) =>
    notAList ? `${what} must be a list of objects` : `${what} is not known without running the file`,
  hint: ({ notAList }) =>
    notAList
      ? "write builds: [{ … }, { … }]"
      : "use literals, module-level constants, spreads, arithmetic, and map or flatMap over lists",
});

/** Fields of builds by what Triton calls them. */
const OF_TRITON: Readonly<Record<string, string>> = {
  num_warps: "warps",
  numWarps: "warps",
  numStages: "stages",
  numCtas: "ctas",
  num_stages: "stages",
  num_ctas: "ctas",
  maxnreg: "maxRegisters",
  enable_fp_fusion: "fpFusion",
  launch_pdl: "pdl",
};

export const buildField = problem<{ what: string; expected: string; known?: readonly string[]; instead?: string }>({
  code: "TS-K1041",
  about: "A field of a build that does not exist, or one with a value that it cannot have.",
  message: ({ what, expected, known }) => (known ? `a build has no ${what}` : `${what} must be ${expected}`),
  hint: ({ what, known, instead }) =>
    known ? (OF_TRITON[what] ? `write ${OF_TRITON[what]}` : `there are ${known.join(", ")}`) : instead,
});

export const buildConstants = problem<{
  kernel: string;
  missing: readonly string[];
  unknown: readonly string[];
  known: readonly string[];
}>({
  code: "TS-K1042",
  about: "A build gives every Const parameter a value, and nothing else.",
  message: ({ kernel, missing, unknown }) =>
    missing.length > 0
      ? `this build of ${kernel} gives no value to ${missing.join(", ")}`
      : `${kernel} has no Const parameter ${unknown.join(", ")}`,
  hint: ({ missing, known }) =>
    missing.length > 0
      ? `write constants: { ${missing.map((name) => `${name}: …`).join(", ")} }`
      : known.length > 0
        ? `its Const parameters are ${known.join(", ")}`
        : "leave constants out: it has none",
});

export const buildDtypes = problem<{ kernel: string; parameter: string; allowed: readonly string[] }>({
  code: "TS-K1043",
  about: "A build of a generic kernel says what each type parameter stands for.",
  message: ({ kernel, parameter, allowed }) =>
    `this build of ${kernel} must give ${parameter} one of the dtypes ${allowed.join(", ")}`,
  hint: ({ parameter, allowed }) => `write dtypes: { ${parameter}: "${allowed[0]}" }`,
});

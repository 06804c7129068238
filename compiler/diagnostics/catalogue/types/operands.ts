import { type DType, isFloat, isInteger, type Type, typeText } from "../../../ir/index.js";
import { problem } from "../../diagnostic.js";
import { both } from "../words.js";

/** Problems of operands: dtypes, literals, choices. */

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

type Registers = readonly [outputs: number, inputs: number];

export const notNumbers = problem<{ op: string; type: Type }>({
  code: "TS-K2001",
  about: "An operation on numbers met something else.",
  message: ({ op, type }) => `${op} works on numbers, got ${typeText(type)}`,
  hint: ({ op, type }) =>
    type.kind === "tile" && type.pointer
      ? "load(…) what it points to"
      : type.kind === "descriptor"
        ? "use loadTensorDescriptor(…)"
        : type.kind === "tuple"
          ? op === "?:"
            ? "choose between lists of as many elements, or names of such: const a = f(…);"
            : "take one of its elements"
          : undefined,
});

export const integerDivision = problem<{ a: Type; b: Type }>({
  code: "TS-K2004",
  about: "`/` divides floats only: for integers say which way to round.",
  message: ({ a, b }) => `/ does not divide integers, got ${both(a, b)}`,
  hint: () => 'write floorDiv(a, b) or cdiv(a, b), or convert with to(a, "f32")',
});

export const signsDiffer = problem<{ op: string; a: DType; b: DType }>({
  code: "TS-K2005",
  about: "Division and remainder of a signed and an unsigned integer.",
  message: ({ op, a, b }) => `${op} of ${a} and ${b} has no useful meaning: one is signed, the other is not`,
  hint: ({ a }) => `convert one of them, for example to(b, "${a}")`,
});

export const comparedUnsigned = problem<{ op: string; signed: DType; met: DType }>({
  code: "TS-K2067",
  severity: "warning",
  about: "Signed integers that are compared as unsigned ones: a negative number is then a large one.",
  message: ({ op, signed, met }) => `${op} compares ${signed} as ${met}, where a negative number is a large one`,
  hint: () => 'convert both to a dtype that holds all of them, for example to(n, "i64")',
});

export const needsFloat = problem<{ op: string; type: Type; only?: string }>({
  code: "TS-K2008",
  about: "A function of real numbers met integers, or one that rounds to f32 and f64 narrower floats.",
  message: ({ op, type, only = "floats" }) => `${op} works on ${only}, got ${typeText(type)}`,
  hint: () => 'convert first: to(x, "f32")',
});

export const needsInteger = problem<{ op: string; type: Type }>({
  code: "TS-K2009",
  about: "An operation on integers met something else.",
  message: ({ op, type }) => `${op} works on integers, got ${typeText(type)}`,
  hint: ({ op, type }) =>
    type.kind === "tile" && type.dtype === "bool"
      ? "masks are combined with &&, || and !"
      : op === "floorDiv" || op === "cdiv"
        ? "floats are divided with /"
        : op === "mod" || op === "%"
          ? "of floats it is x - floor(x / y) * y"
          : 'convert first: to(x, "i32")',
});

export const needsBool = problem<{ op: string; type: Type }>({
  code: "TS-K2010",
  about: "A mask or a logical operation needs booleans.",
  message: ({ op, type }) => `${op} needs booleans, got ${typeText(type)}`,
  hint: () => "compare first, for example x != 0",
});

export const wrongElement = problem<{ what: string; got: Type; want: DType }>({
  code: "TS-K2014",
  about: "A value written to memory has another kind of dtype than the memory.",
  message: ({ what, got, want }) => `${what} has type ${typeText(got)}, but the memory holds ${want}`,
  hint: ({ got, want }) =>
    got.kind === "tile" && got.pointer
      ? "this is an address: load(…) gives what lies there"
      : got.kind === "tuple"
        ? "take one of its elements: const [a, b] = …"
        : got.kind === "const" && got.of === "string"
          ? "memory holds numbers: write one, without quotes"
          : `convert it: to(value, "${want}")`,
});

export const unknownChoice = problem<{ op: string; name: string; got: string; known: readonly string[] }>({
  code: "TS-K2015",
  about: "An option has a value that does not exist.",
  message: ({ op, name, got, known }) => `${op} has no ${name} ${got}; there are ${listed(known)}`,
});

export const literalRange = problem<{ value: string; dtype: DType; range: string }>({
  code: "TS-K2022",
  about: "A literal does not fit the dtype of what it meets.",
  message: ({ value, dtype }) => `${value} does not fit ${dtype}`,
  hint: ({ value, dtype, range }) =>
    /\.\d|e-/.test(value)
      ? `${dtype} holds ${range}: round it, or take a float such as f32`
      : `${dtype} holds ${range}; take one of these, or a wider dtype`,
});

export const notANumber = problem<{ op: string; type: Type }>({
  code: "TS-K2082",
  about: "devicePrint takes numbers and booleans.",
  message: ({ op, type }) => `${op} takes numbers and booleans, got ${typeText(type)}`,
  hint: ({ type }) =>
    type.kind === "tile" ? "load what the pointer points to" : "print its parts, or say it in the text before them",
});

export const lacksDType = problem<{ op: string; dtype: DType; allowed: readonly DType[] }>({
  code: "TS-K2044",
  about: "The hardware has no such operation on this dtype: some of integers and of memory want a wider one.",
  message: ({ op, dtype, allowed }) => `${op} does not work on ${dtype}; it does on ${allowed.join(", ")}`,
});

export const selectBranches = problem<{ a: Type; b: Type }>({
  code: "TS-K2049",
  about: "Both branches of ?: have one type.",
  message: ({ a, b }) => `both branches of ?: must have one type, got ${both(a, b)}`,
  hint: () => "where(condition, a, b) broadcasts its operands",
});

export const bitcastSize = problem<{ from: Type; to: DType }>({
  code: "TS-K2050",
  about: "bitcast keeps the bits, so the sizes must agree.",
  message: ({ from, to }) => `bitcast cannot turn ${typeText(from)} into ${to}: they have different sizes`,
  hint: ({ to }) => `convert the value with to(x, "${to}")`,
});

export const cannotConvert = problem<{ from: Type; to: string }>({
  code: "TS-K2055",
  about: "A value cannot be converted to this dtype.",
  message: ({ from, to }) => `${typeText(from)} cannot be converted to ${to}`,
});

export const notAnAddress = problem<{ type: Type }>({
  code: "TS-K2086",
  about: "An address has 64 bits: a launch puts buffer.address into memory of i64 or u64.",
  message: ({ type }) => `toPointer takes an address of i64 or u64, got ${typeText(type)}`,
  hint: () => 'load it from a Ptr<"i64">, or take an I64: toPointer(load(table + i), "f32")',
});

export const noInteger = problem<{ op: string }>({
  code: "TS-K2061",
  about: "Constants whose quotient or remainder does not exist.",
  message: ({ op }) => `${op} of these constants gives no integer`,
  hint: () => "a divisor must not be 0",
});

export const shiftAmount = problem<{ amount: number; bits: number }>({
  code: "TS-K2062",
  about: "A shift by a number of bits that the integer does not have.",
  message: ({ amount, bits }) => `an integer of ${bits} bits cannot be shifted by ${amount}`,
  hint: ({ bits }) => `give 0 to ${bits - 1}, or convert the number to a wider dtype first, for example to(x, "i64")`,
});

export const axisNumber = problem<{ op: string; axis: number }>({
  code: "TS-K2057",
  about: "A grid has the axes 0, 1 and 2.",
  message: ({ op, axis }) => `${op} takes axis 0, 1 or 2, got ${axis}`,
});

export const literalKind = problem<{ what: string; type: Type; want: string }>({
  code: "TS-K2058",
  about: "An argument that is read at compile time has the wrong type.",
  message: ({ what, type, want }) => `${what} must be ${want} known when compiling, got ${typeText(type)}`,
  hint: ({ what }) =>
    /staticAssert/.test(what) ? "deviceAssert(condition, message) asks as the kernel runs" : "use a Const parameter",
});

export const constantKind = problem<{ name: string; value: string; want: string }>({
  code: "TS-K2060",
  about: "A build gives a constant a value of another kind than its parameter declares.",
  message: ({ name, value, want }) => `the constant ${name} is ${want}, but the build gives ${value}`,
  hint: ({ name, want }) =>
    want === "an integer" ? `pass ${name} as an F32 parameter, or write the number into the kernel` : undefined,
});

export const hintsClash = problem<{ op: string; hints: readonly string[] }>({
  code: "TS-K2059",
  about: "The hardware takes a cache hint alone: no eviction hint and no volatile beside it.",
  message: ({ op, hints }) => `${op} takes one of ${hints.join(" and ")}, not both`,
});

export const float8Operand = problem<{ op: string; type: Type }>({
  code: "TS-K2071",
  about:
    "Nothing computes in floats of 8 bits: they are loaded, stored, converted, moved and multiplied by dot and dotScaled.",
  message: ({ op, type }) => `${op} does not compute in 8 bits, got ${typeText(type)}`,
  hint: () => 'convert first: to(x, "f32")',
});

export const float8Conversion = problem<{ from: Type; to: DType }>({
  code: "TS-K2072",
  about: "Floats of 8 bits are converted from and to f16, bf16 and f32 only.",
  message: ({ from, to }) => `no conversion from ${typeText(from)} to ${to}`,
  hint: ({ to }) => `go through f32: to(to(x, "f32"), "${to}")`,
});

export const noRounding = problem<{ from: Type; to: DType; rounding: string; known: readonly string[] }>({
  code: "TS-K2073",
  about:
    "A rounding is named where a conversion loses digits: f32 and f64 round in all ways to and from integers of 32 and 64 bits and f64 so to f32; f32 toward zero also to f16, bf16 and f8e5m2.",
  message: ({ from, to, rounding, known }) =>
    `a conversion from ${typeText(from)} to ${to} has no rounding ${known.length > 0 ? JSON.stringify(rounding) : "to choose"}`,
  hint: ({ from, to, rounding, known }) => {
    if (known.length > 0) return `there ${known.length > 1 ? "are" : "is"} ${listed(known)}`;
    const isCut = from.kind === "tile" && isFloat(from.dtype) && isInteger(to);
    return isCut
      ? `go through i32: to(to(x, "i32", { rounding: ${JSON.stringify(rounding)} }), "${to}")`
      : "leave the rounding out";
  },
});

export const asmRegisters = problem<{ got: Registers; want: Registers; pack: number }>({
  code: "TS-K2353",
  about:
    "The constraints of inlineAsm name a register for each result and each operand; below 32 bits elements share them.",
  message: ({ got, want }) =>
    `the constraints name ${got[0]} outputs and ${got[1]} inputs, and there are ${want[0]} and ${want[1]} registers`,
  hint: ({ want, pack }) => {
    const text = [...new Array<string>(want[0]).fill("=r"), ...new Array<string>(want[1]).fill("r")].join(",");
    return `of ${pack} elements at a time, in registers of 32 bits: "${text}"`;
  },
});

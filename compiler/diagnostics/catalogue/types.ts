import { type Dim, type DType, dimText, type Shape, shapeText, type Type, typeText } from "../../ir/index.js";
import { problem } from "../diagnostic.js";

/** Problems of types and shapes that inference finds: TS-K2xxx. */

const both = (a: Type, b: Type): string => `${typeText(a)} and ${typeText(b)}`;
const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

export const notNumbers = problem<{ op: string; type: Type }>({
  code: "TS-K2001",
  about: "An operation on numbers met something else.",
  message: ({ op, type }) => `${op} works on numbers, got ${typeText(type)}`,
  hint: ({ type }) =>
    type.kind === "tile" && type.pointer
      ? "load(…) what it points to"
      : type.kind === "descriptor"
        ? "use loadTensorDescriptor(…)"
        : type.kind === "tuple"
          ? "take one of its elements"
          : undefined,
});

export const shapesDiffer = problem<{ op: string; a: Type; b: Type; hint?: string }>({
  code: "TS-K2002",
  about: "Two shapes do not broadcast: aligned at the right, sizes must be equal or 1.",
  message: ({ op, a, b }) => `${op} cannot combine the shapes of ${both(a, b)}`,
  hint: ({ hint }) => hint ?? "sizes must be equal or 1, aligned at the right",
});

export const dotInnerSizes = problem<{ a: Type; b: Type; hint?: string }>({
  code: "TS-K2003",
  about: "dot multiplies [M, K] by [K, N]; the two K differ.",
  message: ({ a, b }) => `dot needs equal inner sizes, got ${both(a, b)}`,
  hint: ({ hint }) => hint,
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

export const pointerArithmetic = problem<{ op: string; a: Type; b: Type }>({
  code: "TS-K2006",
  about: "A pointer moves by adding or subtracting integers, and nothing else.",
  message: ({ op, a, b }) => `a pointer moves by integers only, got ${op} of ${both(a, b)}`,
  hint: () => "write pointer + offset with an integer offset, counted in elements",
});

export const pointerCompared = problem<{ op: string; a: Type; b: Type }>({
  code: "TS-K2007",
  about: "Pointers cannot be compared.",
  message: ({ op, a, b }) => `${op} does not compare pointers, got ${both(a, b)}`,
  hint: () => "compare the offsets that were added to them",
});

export const needsFloat = problem<{ op: string; type: Type }>({
  code: "TS-K2008",
  about: "A function of real numbers met integers.",
  message: ({ op, type }) => `${op} works on floats, got ${typeText(type)}`,
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

export const needsPointer = problem<{ op: string; type: Type; second?: Type }>({
  code: "TS-K2011",
  about: "Memory is read and written through pointers.",
  message: ({ op, type }) => `${op} needs a pointer, got ${typeText(type)}`,
  hint: ({ op, type, second }) =>
    second?.kind === "tile" && second.pointer
      ? `the pointer comes first: ${op}(pointer, value)`
      : type.kind === "descriptor"
        ? "use loadTensorDescriptor and storeTensorDescriptor with a descriptor"
        : "add the offsets to a Ptr parameter",
});

export const doesNotFitPointer = problem<{ what: string; type: Type; pointer: Type; hint?: string }>({
  code: "TS-K2012",
  about: "Mask, other and value must broadcast to the shape of the pointer.",
  message: ({ what, type, pointer }) =>
    `${what} has type ${typeText(type)}, which does not broadcast to the pointer's ${typeText(pointer)}`,
  hint: ({ hint, type, pointer }) =>
    hint ??
    (pointer.kind === "tile" && pointer.shape.length === 0
      ? "one pointer takes one number: add offsets to it, as pointer + arange(0, 64), or reduce the tile, as sum(x)"
      : type.kind === "tile" && pointer.kind === "tile" && type.shape.length > pointer.shape.length
        ? "reshape(x, shape) and sum(x, axis) make it fit, or give the pointer as many axes: col(rows) + row(columns)"
        : "sizes must be equal or 1, aligned at the right"),
});

export const otherWithoutMask = problem({
  code: "TS-K2013",
  about: "`other` fills what the mask leaves out.",
  message: () => "other has no effect without a mask",
  hint: () => "add mask, or leave other out",
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

export const notPowerOfTwo = problem<{ op: string; size: Dim; shape?: Shape }>({
  code: "TS-K2016",
  about: "Every size of a tile is a power of two.",
  message: ({ op, size, shape }) =>
    `${op} makes a tile of size ${dimText(size)}${shape && shape.length > 1 ? ` in ${shapeText(shape)}` : ""}, which is no power of two`,
  hint: ({ op, size }) =>
    typeof size === "number" && size <= 0 && op === "arange"
      ? "arange(start, end) goes up from start to before end"
      : typeof size === "number" && size > 0
        ? `take ${2 ** Math.ceil(Math.log2(size))} and mask what is too much`
        : undefined,
});

export const notConstant = problem<{ what: string; name: string; type: Type }>({
  code: "TS-K2017",
  about: "Sizes must be known when the kernel is compiled.",
  message: ({ what, name, type }) => `${what} must be known when compiling, but ${name} is ${typeText(type)}`,
  hint: () => "use a Const parameter",
});

export const badAxis = problem<{ op: string; axis: number; type: Type; axes?: number }>({
  code: "TS-K2018",
  about: "The axis does not exist in the tile.",
  message: ({ op, axis, type }) => `${op} has no axis ${axis} in ${typeText(type)}`,
  hint: ({ type, axes = type.kind === "tile" ? type.shape.length : 0 }) =>
    axes > 1 ? `axes go from 0 to ${axes - 1}` : axes === 1 ? "there is axis 0 only" : undefined,
});

export const needsTile = problem<{ op: string; type: Type; rank?: string }>({
  code: "TS-K2019",
  about: "A scalar was given where a tile is needed, or a tile of another rank.",
  message: ({ op, type, rank }) => `${op} needs a tile${rank ? ` of ${rank}` : ""}, got ${typeText(type)}`,
  hint: ({ op, type }) =>
    type.kind === "tile" && type.shape.length === 1
      ? `col(x) and row(x) add an axis of size 1${op === "dot" ? "; of two vectors take sum(a * b)" : ""}`
      : type.kind === "tile" && type.shape.length === 0 && !type.pointer
        ? "full(shape, x, dtype) makes a tile of a number"
        : undefined,
});

export const reshapeCount = problem<{ type: Type; shape: Shape }>({
  code: "TS-K2020",
  about: "reshape keeps the number of elements.",
  message: ({ type, shape }) =>
    `reshape cannot turn ${typeText(type)} into ${shapeText(shape)}: the number of elements differs`,
});

export const cannotBroadcast = problem<{ type: Type; shape: Shape }>({
  code: "TS-K2021",
  about: "broadcastTo stretches sizes of 1 only.",
  message: ({ type, shape }) => `${typeText(type)} does not broadcast to ${shapeText(shape)}`,
  hint: () => "aligned at the right, each size must be equal or 1; col(x) and row(x) add a size of 1",
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

export const storesReduced = problem<{ op: "max" | "min"; type: Type }>({
  code: "TS-K2070",
  severity: "warning",
  about:
    "The one greatest number of a tile is stored in each of its elements: max(x, 0) reduces along axis 0, and compares nothing with 0.",
  message: ({ op, type }) =>
    `${op} along an axis makes one number of ${typeText(type)}, which is stored in all its elements`,
  hint: ({ op }) => {
    const [what, two] = op === "max" ? ["greater", "maximum"] : ["less", "minimum"];
    return `the ${what} of two values is ${two}(a, b); where one number is meant write ${op}(x), without the axis`;
  },
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

export const argumentCount = problem<{ callee: string; want: number; got: number }>({
  code: "TS-K2032",
  about: "A device function was called with another number of arguments than it has parameters.",
  message: ({ callee, want, got }) => `${callee} takes ${want} argument${want === 1 ? "" : "s"}, got ${got}`,
});

export const recursion = problem<{ callee: string }>({
  code: "TS-K2033",
  about: "A GPU program has no call stack: functions cannot call themselves.",
  message: ({ callee }) => `${callee} calls itself`,
  hint: () => "write a loop",
});

export const returnsDiffer = problem<{ callee: string; first: Type; other: Type }>({
  code: "TS-K2034",
  about: "All returns of a function give one type.",
  message: ({ callee, first, other }) =>
    `${callee} returns ${typeText(first)} in one place and ${typeText(other)} here`,
});

export const unpackCount = problem<{ type: Type; names: number }>({
  code: "TS-K2035",
  about: "Destructuring takes as many values as there are.",
  message: ({ type, names }) => `${typeText(type)} cannot be taken apart into ${names} name${names === 1 ? "" : "s"}`,
  hint: ({ type }) =>
    type.kind === "tuple"
      ? `it has ${type.items.length} elements`
      : "split(x) takes a last axis of 2 apart; sum(where(index === i, x, 0), axis) picks an element",
});

export const assertionFailed = problem<{ message: string }>({
  code: "TS-K2036",
  about: "A staticAssert does not hold for one of the builds.",
  message: ({ message }) => (message === "" ? "staticAssert does not hold" : message),
});

export const negativeTime = problem<{ value: string }>({
  code: "TS-K2084",
  about: "A time to wait cannot be negative.",
  message: ({ value }) => `timeoutNs of atomicPoll is a number of nanoseconds, got ${value}`,
  hint: () => "0 looks once; leave it out to wait for ever",
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

export const notANumber = problem<{ op: string; type: Type }>({
  code: "TS-K2082",
  about: "devicePrint takes numbers and booleans.",
  message: ({ op, type }) => `${op} takes numbers and booleans, got ${typeText(type)}`,
  hint: ({ type }) =>
    type.kind === "tile" ? "load what the pointer points to" : "print its parts, or say it in the text before them",
});

export const dotTypes = problem<{ a: Type; b: Type }>({
  code: "TS-K2037",
  about: "dot multiplies two tiles of one dtype: f16, bf16, f32, f64 or i8, or of f8e4m3 and f8e5m2.",
  message: ({ a, b }) =>
    `dot multiplies tiles of one dtype out of f8e4m3, f8e5m2, f16, bf16, f32, f64 and i8, got ${both(a, b)}`,
  hint: ({ a, b }) =>
    a.kind !== "tile" || b.kind !== "tile"
      ? undefined
      : a.dtype === b.dtype
        ? "convert both: small integers are exact in f16"
        : `convert one of them, for example to(b, "${a.dtype}")`,
});

export const dotSizes = problem<{ a: Type; b: Type; least: number }>({
  code: "TS-K2038",
  about: "The inner size of dot is below what the tensor cores take.",
  message: ({ a, b, least }) => `dot needs an inner size of at least ${least}, got ${both(a, b)}`,
  hint: () => "use sum(a * b, axis) for so small a product",
});

export const dotAccumulator = problem<{ op: string; acc: Type; want: Type }>({
  code: "TS-K2039",
  about: "The accumulator of dot and dotScaled has the type of their result.",
  message: ({ op, acc, want }) => `acc must be ${typeText(want)}, as the result of ${op}, got ${typeText(acc)}`,
});

export const descriptorRank = problem<{ what: string; want: number; got: number }>({
  code: "TS-K2040",
  about: "A descriptor takes one offset, size and stride for each of its axes.",
  message: ({ what, want, got }) =>
    `the descriptor has ${want} ax${want === 1 ? "is" : "es"} and needs as many ${what}, got ${got}`,
});

export const needsDescriptor = problem<{ op: string; type: Type }>({
  code: "TS-K2041",
  about: "A descriptor operation met something else.",
  message: ({ op, type }) => `${op} needs a descriptor, got ${typeText(type)}`,
  hint: ({ type }) =>
    type.kind === "tile" && type.pointer
      ? "make one with makeTensorDescriptor(pointer, shape, strides, block)"
      : undefined,
});

export const descriptorValue = problem<{ value: Type; want: Type }>({
  code: "TS-K2042",
  about: "What is stored through a descriptor has the shape of its block.",
  message: ({ value, want }) => `the descriptor stores ${typeText(want)}, got ${typeText(value)}`,
});

export const descriptorLayout = problem<{ message: string }>({
  code: "TS-K2043",
  about: "A descriptor's last stride is 1 and its rows are at least 16 bytes.",
  message: ({ message }) => message,
});

export const lacksDType = problem<{ op: string; dtype: DType; allowed: readonly DType[] }>({
  code: "TS-K2044",
  about: "The hardware has no such operation on this dtype: some of integers and of memory want a wider one.",
  message: ({ op, dtype, allowed }) => `${op} does not work on ${dtype}; it does on ${allowed.join(", ")}`,
});

export const badOrder = problem<{ order: readonly number[]; type: Type }>({
  code: "TS-K2045",
  about: "trans takes every axis once.",
  message: ({ order, type }) => `[${order.join(", ")}] is no order of the axes of ${typeText(type)}`,
});

export const splitSize = problem<{ type: Type }>({
  code: "TS-K2046",
  about: "split takes apart a last axis of size 2.",
  message: ({ type }) => `split needs a last axis of size 2, got ${typeText(type)}`,
});

export const returnInLoop = problem({
  code: "TS-K2047",
  about: "A return inside a loop cannot be compiled.",
  message: () => "return cannot stand inside a loop",
  hint: () => "keep the result in a variable and return it after the loop",
});

export const kernelReturns = problem({
  code: "TS-K2048",
  about: "A kernel gives its results through memory.",
  message: () => "a kernel returns no value",
  hint: () => "store(…) it through a Ptr parameter",
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

export const noElement = problem<{ type: Type; index: number }>({
  code: "TS-K2051",
  about: "An element was taken of something that has none.",
  message: ({ type, index }) => `${typeText(type)} has no element ${index}`,
});

export const sortAxis = problem<{ op: string; axis: number; type: Type }>({
  code: "TS-K2052",
  about: "sort and topk work along the last axis.",
  message: ({ op, axis, type }) => `${op} works along the last axis only, got axis ${axis} of ${typeText(type)}`,
  hint: () => "move the axis to the end with trans(x, …)",
});

export const topkSize = problem<{ k: number; type: Type }>({
  code: "TS-K2090",
  about: "topk gives no more elements than there are along the last axis.",
  message: ({ k, type }) => `topk cannot take ${k} elements of each line of ${typeText(type)}`,
});

export const parameterType = problem<{ callee: string; name: string; want: Type; got: Type }>({
  code: "TS-K2053",
  about: "An argument does not have the type that the function's parameter declares.",
  message: ({ callee, name, want, got }) => `${name} of ${callee} is ${typeText(want)}, got ${typeText(got)}`,
});

export const missingConstant = problem<{ name: string }>({
  code: "TS-K2054",
  about: "A build gives every Const parameter a value.",
  message: ({ name }) => `the build gives no value for the constant ${name}`,
  hint: ({ name }) => `add it: constants: { ${name}: 64 }`,
});

export const cannotConvert = problem<{ from: Type; to: string }>({
  code: "TS-K2055",
  about: "A value cannot be converted to this dtype.",
  message: ({ from, to }) => `${typeText(from)} cannot be converted to ${to}`,
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

export const notAPointee = problem<{ name: string; type: Type }>({
  code: "TS-K2068",
  about: "dtypeOf() takes what points to memory.",
  message: ({ name, type }) => `dtypeOf takes a pointer or a descriptor, but ${name} is ${typeText(type)}`,
  hint: () => "pass the pointer along, or name the dtype",
});

export const textChanges = problem<{ name: string }>({
  code: "TS-K2069",
  about: "A text is known when the kernel is built, and does not change as it runs.",
  message: ({ name }) => `${name} is a text, which cannot change in a kernel`,
  hint: () => "choose by a boolean or a number instead, or by a Const parameter of texts",
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

export const noRounding = problem<{ from: Type; to: DType; toZero: boolean }>({
  code: "TS-K2073",
  about: "A rounding is named where a float becomes a narrower one; toward zero goes f32 to f16, bf16 and f8e5m2 only.",
  message: ({ from, to, toZero }) =>
    `a conversion from ${typeText(from)} to ${to} has no rounding ${toZero ? "toward zero" : "to choose"}`,
  hint: ({ toZero }) => (toZero ? "leave the rounding out, or start from f32" : "leave the rounding out"),
});

export const decidedTooLate = problem({
  code: "TS-K2074",
  about: "Which function is called must be known when the kernel is built.",
  message: () => "the choice between two functions must be known when the kernel is built",
  hint: () => "decide it by a Const parameter, or call both: c ? f(x) : g(x), where(mask, f(x), g(x))",
});

export const combineResult = problem<{ op: string; want: Type; got: Type }>({
  code: "TS-K2075",
  about:
    "What a function combines it is asked to combine again: it gives back as many numbers as it gets, of the same dtypes.",
  message: ({ op, want, got }) => `the function of ${op} must return ${typeText(want)}, but returns ${typeText(got)}`,
  hint: () => 'convert what it returns with to(x, dtype), or the tiles before: to(x, "f32")',
});

export const mapResult = problem<{ op: string; got: Type }>({
  code: "TS-K2076",
  about: "A function of elements returns a number, or several.",
  message: ({ op, got }) => `the function of ${op} must return numbers, but returns ${typeText(got)}`,
});

export const combineImpure = problem<{ op: string; inside: string }>({
  code: "TS-K2077",
  about:
    "A function of elements runs in an order and as often as the hardware likes: it computes, and touches no memory.",
  message: ({ op, inside }) => `${inside} cannot be used in a function that ${op} runs for its elements`,
  hint: ({ op }) => `load before ${op} and store what it gives`,
});

export const combineTile = problem<{ op: string; type: Type }>({
  code: "TS-K2078",
  about: "A function of elements gets one of each tile at a time, and computes with numbers.",
  message: ({ op, type }) =>
    `a function that ${op} runs for its elements has numbers only, and this is ${typeText(type)}`,
  hint: ({ op }) => `compute with tiles before or after ${op}`,
});

export const combineLoop = problem<{ op: string }>({
  code: "TS-K2079",
  about: "Triton compiles no branches and no loops in functions that reduce or scan.",
  message: ({ op }) => `a function that ${op} runs has no if and no loops`,
  hint: () => "choose with c ? a : b, write the turns one after another, or loop around the reduction",
});

export const scaledFormat = problem<{ name: string; format: string; dtypes: readonly DType[]; type: Type }>({
  code: "TS-K2100",
  about: "An operand of dotScaled has a dtype that its format is not kept in.",
  message: ({ name, format, dtypes, type }) =>
    `${name} of the format ${format} is a tile of ${dtypes.join(" or ")}, got ${typeText(type)}`,
  hint: ({ format }) =>
    format === "e2m1"
      ? "two elements lie in a byte, the first in its lower half: load them as u8"
      : `name the format that the tile has, or convert it with to(x, dtype)`,
});

export const scaledPacking = problem<{ flag: string; format: string }>({
  code: "TS-K2101",
  about: "Only the elements of e2m1 lie two in a byte, so only those can lie so along another axis than K.",
  message: ({ flag, format }) => `${flag}: false needs the format e2m1, got ${format}`,
  hint: ({ flag }) => `leave ${flag} out`,
});

export const scaledScale = problem<{ name: string; format: string; type: Type }>({
  code: "TS-K2102",
  about:
    "The scales of dotScaled are powers of two (e8m0) in u8, a tile of them for each operand of 8 or 4 bits, or null.",
  message: ({ name, format, type }) =>
    format === "f16" || format === "bf16"
      ? `an operand of the format ${format} has no scales, got ${typeText(type)} as ${name}`
      : `${name} must be a tile of u8 (exponents, e8m0), got ${typeText(type)}`,
  hint: ({ name, format }) =>
    format === "f16" || format === "bf16" ? `pass null for ${name}` : "a byte s stands for 2 to the power of s - 127",
});

export const scaledScaleShape = problem<{ name: string; type: Type; want: Shape }>({
  code: "TS-K2103",
  about:
    "dotScaled takes a scale for 32 elements along K: [M, K / 32] of lhs, and of rhs, too, rows first: [N, K / 32].",
  message: ({ name, type, want }) => `${name} must have the shape ${shapeText(want)}, got ${typeText(type)}`,
  hint: ({ name }) =>
    name === "rhsScale"
      ? "a row for each column of rhs, K / 32 in it: scales are not transposed"
      : "a row for each row of lhs, K / 32 in it",
});

export const scaledInnerSizes = problem<{ lhs: Type; rhs: Type; k: readonly [number, number] }>({
  code: "TS-K2104",
  about: "dotScaled multiplies [M, K] by [K, N]; the two K differ, where two elements of e2m1 in a byte count as two.",
  message: ({ lhs, rhs, k }) =>
    `dotScaled needs equal inner sizes, got ${both(lhs, rhs)}, which are ${k[0]} and ${k[1]} elements along K`,
  hint: () => "lhs is [M, K] and rhs [K, N]; of e2m1 the axis along which two lie in a byte has half the size",
});

export const scaledSizes = problem<{ k: number; least: number }>({
  code: "TS-K2105",
  about: "The inner size of dotScaled is below what the tensor cores take: 32, and 64 where both operands are e2m1.",
  message: ({ k, least }) => `dotScaled needs ${least} elements or more along K, got ${k}`,
});

export const scaledBytes = problem<{ name: string; bytes: number; least: number; warps: number }>({
  code: "TS-K2106",
  about: "Each thread of a program takes apart four bytes of e2m1 at a time, or more: a tile of fewer is not built.",
  message: ({ name, bytes, least, warps }) =>
    `${name} of the format e2m1 has ${bytes} bytes, and ${warps === 1 ? "a warp takes" : `${warps} warps take`} ${least} or more`,
  hint: ({ bytes }) =>
    bytes < 128 ? "multiply a larger tile" : `multiply a larger tile, or build with warps: ${bytes / 128}`,
});

export const dotResult = problem<{ operand: DType; got: string; possible: readonly DType[] }>({
  code: "TS-K2350",
  about:
    "dot gives f32 (f64 of f64, i32 of i8), and of f16 and float8 also f16, which is what the tensor cores sum in.",
  message: ({ operand, got, possible }) => `dot of ${operand} gives ${possible.join(" or ")}, not ${got}`,
  hint: ({ got }) => `convert the result: to(dot(a, b), "${got}")`,
});

export const dotAlwaysPrecise = problem<{ operand: DType; result: DType }>({
  code: "TS-K2351",
  about:
    "maxNumImpreciseAcc bounds how many products of float8 are summed with fewer bits than f32 has; no other sums lose any.",
  message: ({ operand, result }) =>
    `maxNumImpreciseAcc is for float8 that is summed in f32, not for ${operand} in ${result}`,
  hint: () => "leave it out",
});

export const dotImprecise = problem<{ most: number; inner: number }>({
  code: "TS-K2352",
  about: "maxNumImpreciseAcc is a number of elements along K, the inner size.",
  message: ({ most, inner }) => `maxNumImpreciseAcc must be from 0 to the inner size, ${inner}, got ${most}`,
});

type Registers = readonly [outputs: number, inputs: number];

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

import { type Type, typeText } from "../../../ir/index.js";
import { problem } from "../../diagnostic.js";
import { both } from "../words.js";

/** Problems of pointers, descriptors and what is loaded and stored. */

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

export const negativeTime = problem<{ value: string }>({
  code: "TS-K2084",
  about: "A time to wait cannot be negative.",
  message: ({ value }) => `timeoutNs of atomicPoll is a number of nanoseconds, got ${value}`,
  hint: () => "0 looks once; leave it out to wait for ever",
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

export const notAPointee = problem<{ name: string; type: Type }>({
  code: "TS-K2068",
  about: "dtypeOf() takes what points to memory.",
  message: ({ name, type }) => `dtypeOf takes a pointer or a descriptor, but ${name} is ${typeText(type)}`,
  hint: () => "pass the pointer along, or name the dtype",
});

import { type Type, typeText } from "../../../ir/index.js";
import { problem } from "../../diagnostic.js";

/** Problems of functions: what they take and give, and what combines elements. */

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

export const parameterType = problem<{ callee: string; name: string; want: Type; got: Type }>({
  code: "TS-K2053",
  about: "An argument does not have the type that the function's parameter declares.",
  message: ({ callee, name, want, got }) => `${name} of ${callee} is ${typeText(want)}, got ${typeText(got)}`,
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

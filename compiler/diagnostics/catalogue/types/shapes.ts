import { type Dim, dimText, type Shape, shapeText, type Type, typeText } from "../../../ir/index.js";
import { problem } from "../../diagnostic.js";
import { both } from "../words.js";

/** Problems of shapes, axes and sizes. */

export const shapesDiffer = problem<{ op: string; a: Type; b: Type; hint?: string }>({
  code: "TS-K2002",
  about: "Two shapes do not broadcast: aligned at the right, sizes must be equal or 1.",
  message: ({ op, a, b }) => `${op} cannot combine the shapes of ${both(a, b)}`,
  hint: ({ hint }) => hint ?? "sizes must be equal or 1, aligned at the right",
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

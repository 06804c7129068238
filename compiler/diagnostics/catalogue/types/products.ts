import { type DType, type Shape, shapeText, type Type, typeText } from "../../../ir/index.js";
import { problem } from "../../diagnostic.js";
import { both } from "../words.js";

/** Problems of matrix products. */

export const dotInnerSizes = problem<{ a: Type; b: Type; hint?: string }>({
  code: "TS-K2003",
  about: "dot multiplies [M, K] by [K, N]; the two K differ.",
  message: ({ a, b }) => `dot needs equal inner sizes, got ${both(a, b)}`,
  hint: ({ hint }) => hint,
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

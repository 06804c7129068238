import {
  type Build,
  divisibleParams,
  hides,
  isLeftOut,
  type Kernel,
  NO_PROMISES,
  type Param,
  type Promises,
  requiredPromises,
} from "../ir/index.js";
import { accessParams } from "./accesses.js";

/**
 * What the variants of a build take for granted, most first: a launch takes the first whose promises its arguments keep. With what may be
 * ragged the last promises nothing.
 */
export function variantsOf(kernel: Kernel, build: Build): readonly Promises[] {
  const params = kernel.params.filter((param) => !isLeftOut(param, build));
  const required = requiredPromises(params, build);
  const all = required ?? [...(build.specialize ?? derived(kernel, build)), NO_PROMISES];
  return reachable(all.map((promises) => inOrder(promises, params)));
}

/**
 * At most four variants with promises. All that matters is aligned and innermost strides are 1; then one integer is ragged, and with it those
 * that meet it in an access: each of two such groups alone, else all; then strides are what they are.
 */
function derived(kernel: Kernel, build: Build): readonly Promises[] {
  const able = divisibleParams(kernel.params, build);
  const found = accessParams(kernel);
  const isPointer = (name: string): boolean => kernel.params.some((one) => one.kind === "pointer" && one.name === name);
  const first = build.divisible ? able.filter(isPointer) : found.pointers;
  const groups = build.divisible ? [able.filter((name) => !isPointer(name))] : found.groups;
  const one = found.unit.filter((name) => !build.divisible?.includes(name));
  const all = { divisible: [...first, ...groups.flat()], one };
  const ragged = groups.length === 2 ? groups.map((group) => [...first, ...group]).reverse() : [first];
  const without = groups.length > 0 ? ragged.map((divisible) => ({ divisible, one })) : [];
  const last = one.length > 0 ? all.divisible : first;
  return [all, ...without, { divisible: last, one: [] }];
}

/** Promises in words: `strideA = 1; a, n multiples of 16`. */
export const promisesText = ({ divisible, one }: Promises): string =>
  [
    ...(one.length > 0 ? [`${one.join(" = ")} = 1`] : []),
    ...(divisible.length > 0
      ? [`${divisible.join(", ")} ${divisible.length > 1 ? "multiples" : "a multiple"} of 16`]
      : []),
  ].join("; ") || "any arguments";

/** Names as the kernel has them, so that equal promises are equal data. */
function inOrder({ divisible, one }: Promises, params: readonly Param[]): Promises {
  const names = params.map(({ name }) => name);
  return {
    divisible: names.filter((name) => divisible.includes(name)),
    one: names.filter((name) => one.includes(name)),
  };
}

const reachable = (variants: readonly Promises[]): readonly Promises[] =>
  variants.filter((variant, index) => !variants.slice(0, index).some((earlier) => hides(earlier, variant)));

import { isInteger } from "./dtype.js";
import type { CompileOptions, Param, Promises } from "./kernel.js";

const canBeDivisible = (param: Param): boolean =>
  param.kind === "pointer" || (param.kind === "scalar" && isInteger(param.dtype));

/**
 * Names of the parameters that a build takes as multiples of 16 (bytes of a pointer, the value of an integer): those the author listed, or all
 * that can be. Integers matter as much as pointers: a masked load is vectorised only where the bound in its mask is divisible too. The base of a
 * descriptor is always aligned: a tensor map asks for it.
 */
export function divisibleParams(params: readonly Param[], { divisible }: CompileOptions): string[] {
  const able = params.filter(canBeDivisible).map((param) => param.name);
  return divisible ? able.filter((name) => divisible.includes(name)) : able;
}

/** What arguments must keep one of, where a build has nothing for those that keep none; null where it has. */
export function requiredPromises(params: readonly Param[], build: CompileOptions): readonly Promises[] | null {
  if (build.alignment !== "required") return null;
  return build.specialize ?? [{ divisible: divisibleParams(params, build), one: [] }];
}

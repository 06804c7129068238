import { type Build, isInteger, type Param } from "../ir/index.js";

const canBeDivisible = (param: Param): boolean =>
  param.kind === "pointer" || (param.kind === "scalar" && isInteger(param.dtype));

/**
 * Names of the parameters that the aligned variant of a build takes as multiples of 16 (bytes of a pointer, the value of an integer):
 * those the author listed, or all that can be. Integers matter as much as pointers: a masked load is vectorised only where the bound in
 * its mask is divisible too. The base of a descriptor is always aligned: a tensor map asks for it.
 */
export function divisibleParams(params: readonly Param[], build: Build): string[] {
  const able = params.filter(canBeDivisible).map((param) => param.name);
  return build.divisible ? able.filter((name) => build.divisible?.includes(name)) : able;
}

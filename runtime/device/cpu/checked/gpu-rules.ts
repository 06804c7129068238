import type { ArgumentSlot } from "../../../../compiler/backends/wasm/index.js";
import {
  type CompileOptions,
  DTYPES,
  type Param,
  type Promises,
  requiredPromises,
} from "../../../../compiler/ir/index.js";
import type { Argument, Arguments, DescriptorArgument } from "../../device.js";
import { checkTensorMap, promiseBroken } from "../../refusals.js";
import { isGiven } from "../../select.js";

const isMultiple = (value: Argument): boolean => {
  if (typeof value === "bigint") return value % 16n === 0n;
  if (typeof value === "object") return ("buffer" in value ? value.buffer : value).address % 16n === 0n;
  return Number(value) % 16 === 0;
};

interface Broken {
  readonly name: string;
  readonly expected: string;
}

function broken({ divisible, one }: Promises, args: Arguments): Broken | undefined {
  const odd = divisible.find((name) => isGiven(args[name]) && !isMultiple(args[name]));
  if (odd !== undefined) return { name: odd, expected: "a multiple of 16" };
  const other = one.find((name) => isGiven(args[name]) && args[name] !== 1 && args[name] !== 1n);
  return other === undefined ? undefined : { name: other, expected: "1" };
}

/** The check of a launch for what a GPU would refuse. Throws LaunchError. */
export function gpuRules(
  kernel: string,
  params: readonly Param[],
  build: CompileOptions | undefined,
  slots: readonly ArgumentSlot[],
): (args: Arguments) => void {
  const required = build ? requiredPromises(params, build) : null;
  const descriptors = slots.filter((slot) => slot.kind === "descriptor");
  return (args) => {
    const faults = (required ?? []).map((promises) => broken(promises, args));
    const first = faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
    if (first) throw promiseBroken(kernel, first.name, first.expected, args[first.name]!);
    for (const { name, dtype } of descriptors)
      if (isGiven(args[name])) checkTensorMap(kernel, name, args[name] as DescriptorArgument, DTYPES[dtype].bytes);
  };
}

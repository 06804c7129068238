import { DTYPES, type DType, type Kernel } from "../../../../compiler/ir/index.js";
import { inferTypes } from "../../../../compiler/passes/index.js";
import { upload } from "../../../../runtime/device/arrays.js";
import type { CpuDevice } from "../../../../runtime/device/cpu/index.js";
import type { Argument, DeviceBuffer, Grid } from "../../../../runtime/device/device.js";
import { asNumbers, encode } from "../../../gpu/values.js";

export const decode = (dtype: DType, bytes: Uint8Array): number[] => [
  ...asNumbers(dtype, new DTYPES[dtype].array(bytes.slice().buffer)),
];

export interface Tensor {
  readonly dtype: DType;
  readonly data: readonly number[];
}

/** A table of addresses: of memory of its own, or of an argument by its name; and numbers behind them. */
export interface TensorTable {
  readonly dtype: "i64" | "u64";
  readonly addressesOf: readonly (Tensor | string)[];
  readonly more?: readonly number[];
}

/** Runs a draft once; gives what its pointer arguments hold afterwards, by name. */
export async function run(
  device: CpuDevice,
  draft: Kernel,
  args: Readonly<Record<string, Tensor | TensorTable | number | bigint | boolean | string>>,
  grid: Grid = [1],
): Promise<Record<string, number[]>> {
  const { kernel, diagnostics } = inferTypes(draft);
  if (diagnostics.length > 0) throw new TypeError(diagnostics.map((one) => one.message).join("\n"));
  const buffers: Record<string, { buffer: DeviceBuffer; dtype: DType; bytes: number }> = {};
  const given: Record<string, Argument> = {};
  for (const [name, value] of Object.entries(args)) {
    if (typeof value !== "object") {
      given[name] = value;
      continue;
    }
    if ("addressesOf" in value) continue;
    const buffer = await upload(device, encode(value.dtype, value.data));
    buffers[name] = { buffer, dtype: value.dtype, bytes: value.data.length * DTYPES[value.dtype].bytes };
    given[name] = buffer;
  }
  const tables: DeviceBuffer[] = [];
  for (const [name, value] of Object.entries(args)) {
    if (typeof value !== "object" || !("addressesOf" in value)) continue;
    const of = await Promise.all(
      value.addressesOf.map(async (one) => {
        if (typeof one === "string") return buffers[one]!.buffer;
        const buffer = await upload(device, encode(one.dtype, one.data));
        tables.push(buffer);
        return buffer;
      }),
    );
    const addresses = [...of.map(({ address }) => address), ...(value.more ?? []).map(BigInt)];
    const table = await upload(device, BigInt64Array.from(addresses));
    tables.push(table);
    given[name] = table;
  }
  try {
    device.loadKernels([kernel]).kernel(kernel.name).launch(grid, given);
    const results = await Promise.all(
      Object.entries(buffers).map(async ([name, { buffer, dtype, bytes }]) => {
        const into = new Uint8Array(bytes);
        await device.read(buffer, into);
        return [name, decode(dtype, into)] as const;
      }),
    );
    return Object.fromEntries(results);
  } finally {
    for (const buffer of [...Object.values(buffers).map((one) => one.buffer), ...tables]) buffer.free();
  }
}

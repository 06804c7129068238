import { type ConstValue, DTYPES, type DType, type Kernel, type Param } from "../../ir/index.js";

/** Bytes before the first argument: the grid's three sizes, and the address of the table of buffers for a kernel that makes pointers from addresses. */
export const HEADER_BYTES = 16;
export const TABLE_WORD = 3;

/** Where a launch puts an argument in the block that a kernel reads, in bytes. */
export type ArgumentSlot =
  /** u32 address, u32 number of elements. */
  | { readonly kind: "pointer"; readonly name: string; readonly dtype: DType; readonly offset: number }
  /** The number itself, in 4 or 8 bytes. */
  | { readonly kind: "scalar"; readonly name: string; readonly dtype: DType; readonly offset: number }
  /** u32 address, u32 number of elements, then i32 sizes and i32 strides in elements. */
  | {
      readonly kind: "descriptor";
      readonly name: string;
      readonly dtype: DType;
      readonly block: readonly number[];
      readonly padding: "zero" | "nan";
      readonly offset: number;
    }
  | { readonly kind: "const"; readonly name: string; readonly value: ConstValue | undefined };

export interface ArgumentLayout {
  readonly slots: readonly ArgumentSlot[];
  readonly bytes: number;
}

type Of<K extends Param["kind"]> = Extract<Param, { kind: K }>;
type Take = (bytes: number) => number;

const SLOTS: { readonly [K in Param["kind"]]: (param: Of<K>, take: Take, kernel: Kernel) => ArgumentSlot } = {
  const: ({ name }, _take, kernel) => ({ kind: "const", name, value: kernel.constants?.[name] }),
  pointer: ({ name, dtype }, take) => ({ kind: "pointer", name, dtype, offset: take(8) }),
  scalar: ({ name, dtype }, take) => ({ kind: "scalar", name, dtype, offset: take(Math.max(4, DTYPES[dtype].bytes)) }),
  descriptor: ({ name, dtype, block, padding }, take) => ({
    kind: "descriptor",
    name,
    dtype,
    block: block.map(Number),
    padding,
    offset: take(8 + 8 * block.length),
  }),
};

export function layoutArguments(kernel: Kernel): ArgumentLayout {
  let end = HEADER_BYTES;
  const take = (bytes: number): number => {
    const offset = end;
    end += Math.ceil(bytes / 8) * 8;
    return offset;
  };
  const slots = kernel.params.map((param) =>
    (SLOTS[param.kind] as (param: Param, take: Take, kernel: Kernel) => ArgumentSlot)(param, take, kernel),
  );
  return { slots, bytes: end };
}

import { type ConstValue, DTYPES, type DType, type Kernel } from "../ir/index.js";

/** Bytes before the first argument: the grid's three sizes and one word unused. */
export const HEADER_BYTES = 16;

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

export function layoutArguments(kernel: Kernel): ArgumentLayout {
  let end = HEADER_BYTES;
  const take = (bytes: number): number => {
    const offset = end;
    end += Math.ceil(bytes / 8) * 8;
    return offset;
  };
  const slots = kernel.params.map((param): ArgumentSlot => {
    const { name } = param;
    switch (param.kind) {
      case "const":
        return { kind: "const", name, value: kernel.constants?.[name] };
      case "pointer":
        return { kind: "pointer", name, dtype: param.dtype, offset: take(8) };
      case "scalar":
        return { kind: "scalar", name, dtype: param.dtype, offset: take(Math.max(4, DTYPES[param.dtype].bytes)) };
      case "descriptor": {
        const block = param.block.map(Number);
        const { dtype, padding } = param;
        return { kind: "descriptor", name, dtype, block, padding, offset: take(8 + 8 * block.length) };
      }
    }
  });
  return { slots, bytes: end };
}

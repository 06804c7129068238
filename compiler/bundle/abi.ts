import { DTYPES, type DType } from "../ir/index.js";
import type { AbiSlot } from "./manifest.js";

/** The driver's limit for the arguments of a launch, from CUDA 12.1 on. */
export const MOST_ARGUMENT_BYTES = 32_764;

/** What the layout depends on of a variant's parameter; one that is not `given` has no place in it. */
export type AbiParam =
  | { readonly kind: "pointer"; readonly name: string; readonly given?: boolean }
  | { readonly kind: "const"; readonly name: string; readonly given?: undefined }
  | { readonly kind: "scalar"; readonly name: string; readonly dtype: DType; readonly given?: boolean }
  | {
      readonly kind: "descriptor";
      readonly name: string;
      readonly block: readonly unknown[];
      readonly given?: boolean;
    };

type Piece = Omit<AbiSlot, "offset">;

/** Size of a CUtensorMap; the driver wants it aligned to 64 bytes. */
const TENSOR_MAP = 128;

const each = (rank: number, piece: (index: number) => Piece): Piece[] =>
  Array.from({ length: rank }, (_, index) => piece(index));

/**
 * A descriptor's part of the ABI. As a tensor map it is the 128-byte map; where the target has none (below sm_90) Triton takes it
 * apart into base pointer, 64-bit shape and strides, and two flags (pad with NaN; round f32 to tf32). Then, in both cases, come the
 * shape as i32 and the strides as i64 that device code may ask for (triton/backends/driver.py, `_expand_descriptor`, 3.9.0).
 */
function descriptorPieces(from: string, rank: number, tensorMap: boolean): Piece[] {
  const head: Piece[] = tensorMap
    ? [{ from, part: "tensorMap", size: TENSOR_MAP }]
    : [
        { from, part: "value", size: 8 },
        ...each(rank, (index) => ({ from, part: "shape", index, size: 8 })),
        ...each(rank, (index) => ({ from, part: "stride", index, size: 8 })),
        { from, part: "flag", index: 0, size: 1 },
        { from, part: "flag", index: 1, size: 1 },
      ];
  return [
    ...head,
    ...each(rank, (index) => ({ from, part: "shape", index, size: 4 })),
    ...each(rank, (index) => ({ from, part: "stride", index, size: 8 })),
  ];
}

function pieces(param: AbiParam, tensorMaps: boolean): Piece[] {
  if (param.kind === "const" || param.given === false) return [];
  if (param.kind === "pointer") return [{ from: param.name, part: "value", size: 8 }];
  if (param.kind === "scalar") return [{ from: param.name, part: "value", size: DTYPES[param.dtype].bytes }];
  return descriptorPieces(param.name, param.block.length, tensorMaps);
}

/** Triton appends these two pointers to every kernel; they are null where the kernel needs no scratch. */
const SCRATCH: readonly Piece[] = [
  { from: "", part: "globalScratch", size: 8 },
  { from: "", part: "profileScratch", size: 8 },
];

/** The arguments of a cubin in order, each at the next multiple of its own alignment, as C lays out a struct. */
export function abiOf(params: readonly AbiParam[], tensorMaps: boolean): AbiSlot[] {
  let end = 0;
  return [...params.flatMap((param) => pieces(param, tensorMaps)), ...SCRATCH].map((piece) => {
    const align = piece.size === TENSOR_MAP ? 64 : piece.size;
    const offset = Math.ceil(end / align) * align;
    end = offset + piece.size;
    return { ...piece, offset };
  });
}

/** A cubin's own account of one argument. */
export interface Declared {
  readonly size: number;
  readonly offset: number;
}

/** The first slot whose place or size differs from what the compiled entry declares; undefined where all agree. */
export function disagreement(slots: readonly AbiSlot[], declared: readonly Declared[]): string | undefined {
  if (slots.length !== declared.length) return `${declared.length} arguments instead of ${slots.length}`;
  const wrong = slots.findIndex(
    ({ offset, size }, index) => declared[index]?.offset !== offset || declared[index]?.size !== size,
  );
  const [slot, found] = [slots[wrong], declared[wrong]];
  if (!slot || !found) return undefined;
  return `${found.size} bytes at ${found.offset} for ${slot.from || slot.part} instead of ${slot.size} at ${slot.offset}`;
}

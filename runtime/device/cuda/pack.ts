/** Turns arguments into the bytes that a cubin expects, slot by slot of the manifest's `abi`. */
import type { AbiSlot, DescriptorParam, Variant, VariantParam } from "../../../compiler/bundle/index.js";
import type { Argument, DescriptorArgument, DeviceBuffer } from "../device.js";
import { SCALAR_WRITERS } from "../scalar-writers.js";

/** Writes one argument's slot into the block. */
export type Writer = (block: DataView, value: Argument) => void;

export interface Packing {
  /** The host's place of every slot, in order, and the size of the block. */
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** The slots of each parameter. */
  readonly writers: ReadonlyMap<string, readonly Writer[]>;
  /** Where the pointers to scratch memory go. */
  readonly scratch: { readonly global?: number; readonly profile?: number };
}

/** Makes the tensor map of a descriptor parameter. */
export type TensorMapEncoder = (param: DescriptorParam, argument: DescriptorArgument) => Uint8Array;

function valueWriter({ offset }: AbiSlot, param: VariantParam): Writer {
  if (param.kind === "pointer")
    return (block, value) => block.setBigUint64(offset, (value as DeviceBuffer).address, true);
  if (param.kind === "descriptor")
    return (block, value) => block.setBigUint64(offset, (value as DescriptorArgument).buffer.address, true);
  if (param.kind === "const") return () => undefined;
  const write = SCALAR_WRITERS[param.dtype];
  return (block, value) => write(block, offset, value as number | bigint | boolean);
}

const integerWriter =
  ({ offset, size }: AbiSlot, pick: (argument: DescriptorArgument) => number): Writer =>
  (block, value) => {
    const number = pick(value as DescriptorArgument);
    if (size === 8) block.setBigInt64(offset, BigInt(number), true);
    else block.setInt32(offset, number, true);
  };

/** Below sm_90 a descriptor's two flags: pad with NaN; round f32 to tf32, which the language does not ask for. */
const flagWriter = ({ offset, index }: AbiSlot, param: VariantParam): Writer => {
  const flag = index === 0 && param.kind === "descriptor" && param.padding === "nan" ? 1 : 0;
  return (block) => block.setUint8(offset, flag);
};

type ArgumentPart = Exclude<AbiSlot["part"], "globalScratch" | "profileScratch">;

const parts: Readonly<Record<ArgumentPart, (slot: AbiSlot, param: VariantParam, encode: TensorMapEncoder) => Writer>> =
  {
    value: valueWriter,
    shape: (slot) => integerWriter(slot, (argument) => argument.shape[slot.index!]!),
    stride: (slot) => integerWriter(slot, (argument) => argument.strides[slot.index!]!),
    flag: flagWriter,
    tensorMap: (slot, param, encode) => (block, value) => {
      const map = encode(param as DescriptorParam, value as DescriptorArgument);
      new Uint8Array(block.buffer, slot.offset, map.byteLength).set(map);
    },
  };

/** How to pack a variant's arguments, whose slots and parameters belong together in every manifest that was read. */
export function packing(variant: Variant, encode: TensorMapEncoder): Packing {
  const params = new Map(variant.params.map((param) => [param.name, param]));
  const writers = new Map<string, Writer[]>(variant.params.map((param) => [param.name, []]));
  const scratch: { global?: number; profile?: number } = {};
  for (const slot of variant.abi) {
    if (slot.part === "globalScratch") scratch.global = slot.offset;
    else if (slot.part === "profileScratch") scratch.profile = slot.offset;
    else writers.get(slot.from)!.push(parts[slot.part](slot, params.get(slot.from)!, encode));
  }
  const offsets = variant.abi.map((slot) => slot.offset);
  const bytes = Math.max(0, ...variant.abi.map((slot) => slot.offset + slot.size));
  return { offsets, bytes, writers, scratch };
}

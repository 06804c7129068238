import { DTYPE_NAMES, DTYPES, type DType, toElement } from "../../compiler/ir/index.js";

export type ScalarWriter = (block: DataView, at: number, value: number | bigint | boolean) => void;

function writer(dtype: DType): ScalarWriter {
  const { array, bytes } = DTYPES[dtype];
  const element = new array(1) as unknown as [number | bigint];
  const from = new Uint8Array((element as unknown as Uint8Array).buffer);
  return (block, at, value) => {
    element[0] = toElement(dtype, typeof value === "boolean" ? Number(value) : value);
    for (let byte = 0; byte < bytes; byte++) block.setUint8(at + byte, from[byte]!);
  };
}

/** How a scalar argument lies in a launch's block, on every device. Hosts are little-endian, as devices are. */
export const SCALAR_WRITERS = Object.fromEntries(DTYPE_NAMES.map((dtype) => [dtype, writer(dtype)])) as Readonly<
  Record<DType, ScalarWriter>
>;

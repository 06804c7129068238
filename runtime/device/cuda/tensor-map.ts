import type { DescriptorParam } from "../../../compiler/bundle/index.js";
import type { Addon } from "../../native/index.js";
import type { DescriptorArgument } from "../device.js";
import { checkTensorMap } from "../refusals.js";

/** The driver's numbers for element types differ from Triton's in these three; the others are equal. */
const driverType: Readonly<Record<number, number>> = { 8: 10, 9: 8, 10: 9 };

const promoteTo128Bytes = 2;
const fillWithNaN = 1;

/** Bytes from the first element to the last one. */
const lastByte = ({ shape, strides }: DescriptorArgument, elementBytes: number): number =>
  shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]! * elementBytes, 0);

/**
 * Drivers up to CUDA 13.1 set a bit for tensors below 128 KiB that makes some of their loads wrong; Triton 3.9 (driver.c) and CUTLASS
 * (commit b7ecaa6) clear it.
 */
function clearSmallTensorBit(map: Uint8Array): void {
  const words = new BigUint64Array(map.buffer, map.byteOffset, 16);
  words[1] = words[1]! & ~(1n << 21n);
}

/** The tensor map of a descriptor argument. The driver counts dimensions from the innermost, and strides in bytes. */
export function encodeTensorMap(
  addon: Addon,
  driverVersion: number,
  kernel: string,
  param: DescriptorParam,
  argument: DescriptorArgument,
): Uint8Array {
  const { swizzle, elementSize, elementType, blockSize } = param.tensorMap!;
  checkTensorMap(kernel, param.name, argument, elementSize);
  const { buffer, shape, strides } = argument;
  const map = addon.encodeTensorMap({
    type: driverType[elementType] ?? elementType,
    address: buffer.address,
    dims: shape.toReversed(),
    strides: strides
      .slice(0, -1)
      .map((stride) => stride * elementSize)
      .reverse(),
    box: blockSize.toReversed(),
    swizzle,
    promotion: promoteTo128Bytes,
    fill: param.padding === "nan" ? fillWithNaN : 0,
  });
  if (driverVersion <= 13010 && lastByte(argument, elementSize) + 1 < 128 * 1024) clearSmallTensorBit(map);
  return map;
}

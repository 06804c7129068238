/* Atomic ops on blocks of tensors; test/compiler/backends/wasm/descriptors.test.ts says what is right. */
import {
  arange,
  atomicAndTensorDescriptor,
  atomicMaxTensorDescriptor,
  atomicMinTensorDescriptor,
  atomicOrTensorDescriptor,
  atomicXorTensorDescriptor,
  col,
  kernel,
  load,
  makeTensorDescriptor,
  type Ptr,
  row,
} from "tilescript";

/** A block of four rows into tensors of three, one behind the other: the last row lies outside. */
export const blockAtomics = kernel(
  <T extends "i32" | "u32" | "u64">({ x, tensors }: { x: Ptr<T>; tensors: Ptr<T> }) => {
    const block = load(x + col(arange(0, 4)) * 4 + row(arange(0, 4)));
    const tensor = (at: number) => makeTensorDescriptor(tensors + at * 12, [3, 4], [4, 1], [4, 4]);
    atomicMinTensorDescriptor(tensor(0), [0, 0], block);
    atomicMaxTensorDescriptor(tensor(1), [0, 0], block);
    atomicAndTensorDescriptor(tensor(2), [0, 0], block);
    atomicOrTensorDescriptor(tensor(3), [0, 0], block);
    atomicXorTensorDescriptor(tensor(4), [0, 0], block);
  },
  { builds: [{ dtypes: { T: "i32" } }, { dtypes: { T: "u32" } }, { dtypes: { T: "u64" } }] },
);

/** Numbers of 64 bits with signs have an order, and no bits that the hardware combines. */
export const signedBlockAtomics = kernel(({ x, tensors }: { x: Ptr<"i64">; tensors: Ptr<"i64"> }) => {
  const block = load(x + col(arange(0, 4)) * 4 + row(arange(0, 4)));
  atomicMinTensorDescriptor(makeTensorDescriptor(tensors, [3, 4], [4, 1], [4, 4]), [0, 0], block);
  atomicMaxTensorDescriptor(makeTensorDescriptor(tensors + 12, [3, 4], [4, 1], [4, 4]), [0, 0], block);
});

/* Kernels whose launches need each thing that the launcher does: every kind of argument, scratch, large shared memory, PDL. */
import {
  arange,
  type Bool,
  type Const,
  col,
  type Descriptor,
  dot,
  type F32,
  gdcLaunchDependents,
  gdcWait,
  type I64,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  makeTensorDescriptor,
  type Ptr,
  programId,
  range,
  row,
  store,
  storeTensorDescriptor,
  to,
  type U32,
  where,
  zeros,
} from "tilescript";

/** out = x + 1. Two variants: the launcher chooses by what is a multiple of 16. */
export const increment = kernel(
  ({ x, out, n, BLOCK }: { x: Ptr<"f32">; out: Ptr<"f32">; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * BLOCK + arange(0, BLOCK);
    store(out + at, load(x + at, { mask: at < n }) + 1.0, { mask: at < n });
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);

/** Writes what arrived in each kind of scalar. */
export const scalars = kernel(
  ({ out, i, w, u, f, b }: { out: Ptr<"f32">; i: Int; w: I64; u: U32; f: F32; b: Bool }) => {
    store(out, to(i, "f32"));
    store(out + 1, to(w, "f32"));
    store(out + 2, to(u, "f32"));
    store(out + 3, f);
    store(out + 4, where(b, 1.0, 0.0));
  },
);

/** out [rows, 256] = the tensor behind a descriptor, zero outside it. */
export const readDescriptor = kernel(
  ({ tensor, out, R }: { tensor: Descriptor<"bf16", [Const<"R">, 64]>; out: Ptr<"f32">; R: Const<"R"> }) => {
    const tile = loadTensorDescriptor(tensor, [programId(0) * R, programId(1) * 64]);
    const rows = col((programId(0) * R + arange(0, R)) * 256);
    store(out + rows + row(programId(1) * 64 + arange(0, 64)), to(tile, "f32"));
  },
  { builds: [{ constants: { R: 32 } }] },
);

/** y = x [M, N] through descriptors made on the device, which live in global scratch memory. */
export const copyByMadeDescriptors = kernel(({ x, y, M, N }: { x: Ptr<"bf16">; y: Ptr<"bf16">; M: Int; N: Int }) => {
  const from = makeTensorDescriptor(x, [M, N], [N, 1], [32, 64]);
  const into = makeTensorDescriptor(y, [M, N], [N, 1], [32, 64]);
  const at = [programId(0) * 32, programId(1) * 64] as const;
  storeTensorDescriptor(into, [at[0], at[1]], loadTensorDescriptor(from, [at[0], at[1]]));
});

/** C = A · B with tiles that need far more than 48 KiB of shared memory. */
export const largeTiles = kernel(
  ({ a, b, c, N, K }: { a: Ptr<"bf16">; b: Ptr<"bf16">; c: Ptr<"f32">; N: Int; K: Int }) => {
    const rm = programId(0) * 128 + arange(0, 128);
    const rn = programId(1) * 128 + arange(0, 128);
    const rk = arange(0, 64);
    let acc = zeros([128, 128], "f32");
    for (const k of range(0, K, 64))
      acc += dot(load(a + col(rm) * K + row(rk + k)), load(b + col(rk + k) * N + row(rn)));
    store(c + col(rm) * N + row(rn), acc);
  },
  { builds: [{ constants: {}, warps: 8, stages: 3, alignment: "required" }] },
);

/** Writes the next elements of a cache, each its own index. Its length lives on the device, as in a decode step. */
export const appendToCache = kernel(
  ({ cache, length, BLOCK }: { cache: Ptr<"i32">; length: Ptr<"i32">; BLOCK: Const<"BLOCK"> }) => {
    const at = load(length) + programId(0) * BLOCK + arange(0, BLOCK);
    store(cache + at, at);
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);

export const lengthen = kernel(({ length, by }: { length: Ptr<"i32">; by: Int }) => {
  store(length, load(length) + by);
});

/** x = 3x + 1: run many times, the order and the completeness of the runs show in the value. */
export const step = kernel(
  ({ x }: { x: Ptr<"i32"> }) => {
    gdcWait();
    const at = programId(0) * 128 + arange(0, 128);
    store(x + at, load(x + at) * 3 + 1);
    gdcLaunchDependents();
  },
  { builds: [{ constants: {}, pdl: true }] },
);

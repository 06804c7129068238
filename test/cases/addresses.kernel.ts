/* Tables of pointers: as corners.kernel.ts, and addresses.ts says what is right. */
import {
  arange,
  atomicAdd,
  type Const,
  col,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  makeTensorDescriptor,
  multipleOf,
  type Ptr,
  range,
  row,
  store,
  sum,
  to,
  toPointer,
} from "tilescript";

type Out = Ptr<"f64">;

/** The sum of the memory behind each address of a table, as many elements as `sizes` says: of f32 at even places, of i16 at odd ones. */
export const sumsOfTable = kernel(
  ({ table, sizes, out, n }: { table: Ptr<"i64">; sizes: Ptr<"i32">; out: Out; n: Int }) => {
    const at = arange(0, 32);
    for (const i of range(n)) {
      const address = load(table + i);
      const mask = at < load(sizes + i);
      if (i % 2 === 0) store(out + i, to(sum(load(toPointer(address, "f32") + at, { mask }), 0), "f64"));
      else store(out + i, to(sum(load(toPointer(address, "i16") + at, { mask }), 0), "f64"));
    }
  },
);

/** An address for each element, of which some are masked; what is written through them is read again. x is the memory of the first two. */
export const tileOfAddresses = kernel(
  ({ table, x, out, B }: { table: Ptr<"u64">; x: Ptr<"f32">; out: Out; B: Const<"B"> }) => {
    const at = arange(0, B);
    const mask = at < 3;
    const pointers = toPointer(load(table + at), "f32");
    const before = load(x);
    store(pointers, to(at + 10, "f32"), { mask });
    atomicAdd(pointers + 1, 100, { mask });
    store(out + at, to(load(pointers + 1, { mask, other: -1 }), "f64"));
    store(out + B, to(before, "f64"));
    store(out + B + 1, to(load(x), "f64"));
    store(out + B + 2, to(load(x + 1), "f64"));
  },
  { builds: [{ constants: { B: 4 } }] },
);

/** A pointer that loops carry, and a descriptor of memory from a table. */
export const carriedAddress = kernel(({ table, out }: { table: Ptr<"i64">; out: Out }) => {
  let pointer = toPointer(load(table), "f32");
  let total = 0.0;
  for (const i of range(3)) {
    total += load(pointer);
    if (i === 1) pointer = toPointer(load(table + 1), "f32");
    else pointer += 2;
  }
  store(out, to(total, "f64"));
  const block = loadTensorDescriptor(
    makeTensorDescriptor(toPointer(load(table + 1), "f32"), [4, 4], [4, 1], [4, 4]),
    [1, 0],
  );
  const at = col(arange(0, 4)) * 4 + row(arange(0, 4));
  store(out + 1 + at, to(block, "f64"));
  const aligned = multipleOf(toPointer(load(table), "f32") + arange(0, 4), 4);
  store(out + 17 + arange(0, 4), to(load(aligned), "f64"));
});

import {
  arange,
  type Const,
  col,
  dot,
  expandDims,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  to,
  zeros,
} from "tilescript";

/**
 * y [rows] = W · x with W in blocks of GGUF's Q4_1: two bytes of scale, two of least value, 16 bytes whose low nibbles are the first 16
 * columns of a block and whose high nibbles are the others. Program: R rows, B blocks at a time.
 */
export const matrixVector = kernel(
  ({
    bytes,
    halves,
    x,
    y,
    blockCount,
    R,
    B,
  }: {
    bytes: Ptr<"u8">;
    halves: Ptr<"f16">;
    x: Ptr<"f32">;
    y: Ptr<"f32">;
    blockCount: Int;
    R: Const<"R">;
    B: Const<"B">;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const lane = arange(0, 16);
    let total = zeros([R], "f32");
    for (const start of range(0, blockCount, B)) {
      const blocks = start + arange(0, B);
      const block = col(rows) * blockCount + row(blocks);
      const scale = to(load(halves + block * 10), "f32");
      const least = to(load(halves + block * 10 + 1), "f32");
      const pair = to(load(bytes + expandDims(block, 2) * 20 + 4 + lane), "i32");
      const at = x + col(blocks) * 32 + row(lane);
      const [first, second] = [load(at), load(at + 16)];
      const scaled = sum(to(pair & 15, "f32") * first + to(pair >> 4, "f32") * second, 2);
      total += sum(scaled * scale + least * sum(first + second, 1), 1);
    }
    store(y + rows, total);
  },
  { builds: [{ constants: { R: 16, B: 2 } }] },
);

/** Products of [64, 64] tiles of bf16, over and over: what a core multiplies when memory does not matter. */
export const tileProduct = kernel(
  ({ a, b, c, times }: { a: Ptr<"bf16">; b: Ptr<"bf16">; c: Ptr<"f32">; times: Int }) => {
    const at = col(arange(0, 64)) * 64 + row(arange(0, 64));
    let acc = zeros([64, 64], "f32");
    for (const _ of range(0, times, 1)) acc += dot(load(a + at), load(b + at));
    store(c + programId(0) * 4096 + at, acc);
  },
);

/** One scalar: what remains is the cost of a launch. */
export const nothing = kernel(({ x }: { x: Ptr<"i32"> }) => {
  store(x, 1);
});

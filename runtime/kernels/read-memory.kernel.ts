import {
  arange,
  type Const,
  type Int,
  kernel,
  load,
  numPrograms,
  type Ptr,
  programId,
  range,
  store,
  zeros,
} from "tilescript";

/**
 * Reads x [n] once and hardly writes: out [programs, BLOCK] has the sums, modulo 2³², of every numPrograms-th block. n is a multiple of BLOCK.
 * No model runs it: how fast it is tells what a device's memory gives, which bounds every kernel that models run.
 */
export const readMemory = kernel(
  ({ x, out, n, BLOCK }: { x: Ptr<"i32">; out: Ptr<"i32">; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const lanes = arange(0, BLOCK);
    let sums = zeros([BLOCK], "i32");
    for (const start of range(programId(0) * BLOCK, n, numPrograms(0) * BLOCK)) sums += load(x + start + lanes);
    store(out + programId(0) * BLOCK + lanes, sums);
  },
  { defaults: { warps: 8, alignment: "required", divisible: ["x", "out", "n"] } },
);

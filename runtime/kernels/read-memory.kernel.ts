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
  (p: { x: Ptr<"i32">; out: Ptr<"i32">; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const lanes = arange(0, p.BLOCK);
    let sums = zeros([p.BLOCK], "i32");
    for (const start of range(programId(0) * p.BLOCK, p.n, numPrograms(0) * p.BLOCK)) sums += load(p.x + start + lanes);
    store(p.out + programId(0) * p.BLOCK + lanes, sums);
  },
  { defaults: { warps: 8, alignment: "required", divisible: ["pointers", "n"] } },
);

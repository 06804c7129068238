import { type Instruction, i32, i64 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import type { Emit, Operation } from "./operands.js";

/** The upper half of a product of unsigned integers. */
const umulhi: Emit = (op, a, b) => {
  if (REPRESENTATION[op.dtype] === "i64") return umulhiLong(op, a!, b!);
  const product = i64.mul(i64.extend_u(a!), i64.extend_u(b!));
  return i32.wrap(i64.shr_u(product, i64.const(32n)));
};

/** Of 64 bits, from the products of their halves: none of the sums overflows. */
function umulhiLong({ fb }: Operation, a: Instruction, b: Instruction): Instruction {
  const low = (x: Instruction) => i64.and(x, i64.const(0xffffffffn));
  const high = (x: Instruction) => i64.shr_u(x, i64.const(32n));
  const [x, y] = [fb.hold("i64", a), fb.hold("i64", b)];
  const [x0, y0] = [() => low(fb.get(x)), () => low(fb.get(y))];
  const [x1, y1] = [() => high(fb.get(x)), () => high(fb.get(y))];
  const middle = fb.hold("i64", i64.add(i64.mul(x1(), y0()), high(i64.mul(x0(), y0()))));
  const other = i64.add(i64.mul(x0(), y1()), low(fb.get(middle)));
  return i64.add(i64.add(i64.mul(x1(), y1()), high(fb.get(middle))), high(other));
}

/** What functions of integers compute for one element. */
export const INTEGER_OPS: Readonly<Record<string, Emit>> = { umulhi };

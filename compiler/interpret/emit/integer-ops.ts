import { REPRESENTATION } from "../wasm/representation.js";
import type { Emit, Operation } from "./operands.js";

/** The upper half of a product of unsigned integers. */
const umulhi: Emit = (op, a, b) => {
  const { m } = op.fb;
  if (REPRESENTATION[op.dtype] === "i64") return umulhiLong(op, a!, b!);
  const product = m.i64.mul(m.i64.extend_u(a!), m.i64.extend_u(b!));
  return m.i32.wrap(m.i64.shr_u(product, m.i64.const(32n)));
};

/** Of 64 bits, from the products of their halves: none of the sums overflows. */
function umulhiLong({ fb }: Operation, a: number, b: number): number {
  const { i64 } = fb.m;
  const low = (x: number) => i64.and(x, i64.const(0xffffffffn));
  const high = (x: number) => i64.shr_u(x, i64.const(32n));
  const [x, y] = [fb.hold("i64", a), fb.hold("i64", b)];
  const [x0, y0] = [() => low(fb.get(x)), () => low(fb.get(y))];
  const [x1, y1] = [() => high(fb.get(x)), () => high(fb.get(y))];
  const middle = fb.hold("i64", i64.add(i64.mul(x1(), y0()), high(i64.mul(x0(), y0()))));
  const other = i64.add(i64.mul(x0(), y1()), low(fb.get(middle)));
  return i64.add(i64.add(i64.mul(x1(), y1()), high(fb.get(middle))), high(other));
}

/** What functions of integers compute for one element. */
export const INTEGER_OPS: Readonly<Record<string, Emit>> = { umulhi };

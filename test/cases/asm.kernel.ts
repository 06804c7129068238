/* PTX beside what it means: as corners.kernel.ts, and asm.ts says what is right. */
import { arange, bitcast, type Const, inlineAsm, kernel, load, type Ptr, store, to, umulhi } from "tilescript";

type Out = Ptr<"f64">;

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Words turned round, halves two at a time, bytes four at a time, and two results. w = words, h = halves, b = bytes; 32 of each. */
export const assembled = kernel(
  ({ w, h, b, out, BY }: { w: Ptr<"u32">; h: Ptr<"f16">; b: Ptr<"u8">; out: Out; BY: Const<"BY"> }) => {
    const i = arange(0, 32);
    const words = load(w + i);
    const turned = inlineAsm("shf.l.wrap.b32 $0, $1, $1, $2;", "=r,r,r", rotated, words, to(BY, "u32"));
    store(out + i, to(turned, "f64"));
    const halves = load(h + i);
    const sums = inlineAsm("add.rn.f16x2 $0, $1, $2;", "=r,r,r", (x, y) => x + y, halves, halves * 0.5, { pack: 2 });
    store(out + 32 + i, to(sums, "f64"));
    const bytes = load(b + i);
    const joined = inlineAsm("or.b32 $0, $1, $2;", "=r,r,r", (x, y) => x | y, bytes, to(i, "u8"), { pack: 4 });
    store(out + 64 + i, to(joined, "f64"));
    const [low, high] = inlineAsm(
      `{ mul.lo.u32 $0, $2, $3;
         mul.hi.u32 $1, $2, $3; }`,
      "=&r,=r,r,r",
      (x, y) => [x * y, umulhi(x, y)],
      words,
      bitcast(i + 0x40000000, "u32"),
    );
    store(out + 96 + i, to(low, "f64"));
    store(out + 128 + i, to(high, "f64"));
  },
  { builds: [{ constants: { BY: 7 } }] },
);

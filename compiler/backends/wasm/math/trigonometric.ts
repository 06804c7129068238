import { FunctionBuilder } from "../encode/function.js";
import { call, f32, f32x4, f64, f64x2, type Instruction, i8x16, returning, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { Lanes, vectorFunction } from "./vector.js";

type Value = () => Instruction;

// π/2 in three parts of 33 bits: products with whole numbers up to 2²⁰ are exact in the first two.
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21] as const;
const FAST_LIMIT = 1e6;

const SIN = [-0.16666666641977881, 0.00833332934436246, -0.00019839306607100907, 2.717951765678816e-6];
const COS = [0.04166666664629604, -0.0013888885361932628, 2.4799866773894227e-5, -2.7234080130561786e-7];

function polynomial(v: Lanes, x: Value, coefficients: readonly number[]): Instruction {
  return coefficients.reduceRight<Instruction | null>(
    (sum, c) => (sum === null ? v.d(c) : f64x2.add(f64x2.mul(sum, x()), v.d(c))),
    null,
  )!;
}

/** Sine or cosine of two doubles: reduced to ±π/4 and a quadrant. */
function ofDoubles(v: Lanes, x: Value, quarterTurns: number): Instruction {
  const k = v.hold(f64x2.nearest(f64x2.mul(x(), v.d(2 / Math.PI))));
  const r = v.hold(HALF_PI.reduce((rest, part) => f64x2.sub(rest, f64x2.mul(k(), v.d(part))), x()));
  const turn = v.hold(f64x2.add(k(), v.d(quarterTurns)));
  const quadrant = v.hold(f64x2.sub(turn(), f64x2.mul(f64x2.floor(f64x2.mul(turn(), v.d(0.25))), v.d(4))));
  const z = v.hold(f64x2.mul(r(), r()));
  const sine = f64x2.add(r(), f64x2.mul(f64x2.mul(z(), r()), polynomial(v, z, SIN)));
  const tail = f64x2.mul(f64x2.mul(z(), z()), polynomial(v, z, COS));
  const cosine = f64x2.add(f64x2.sub(v.d(1), f64x2.mul(z(), v.d(0.5))), tail);
  const odd = v128.or(f64x2.eq(quadrant(), v.d(1)), f64x2.eq(quadrant(), v.d(3)));
  const value = v128.bitselect(cosine, sine, odd);
  return v128.xor(value, v128.and(f64x2.ge(quadrant(), v.d(2)), v.d(-0)));
}

/** Computed in double precision; beyond a million by the host's function, whose reduction is exact. */
function circular(module: ModuleBuilder, name: "sin" | "cos", quarterTurns: number): string {
  const exact = module.imported(`${name}_f64`, ["f64"], "f64");
  return module.once(name, () => {
    const slow = vectorFunction(module, `${name}_far`, (_v, x) => {
      return [0, 1, 2, 3].reduce((lanes, lane) => {
        const value = f64.promote(f32x4.extract_lane(x(), lane));
        return f32x4.replace_lane(lanes, lane, f32.demote(call(exact, value)));
      }, x());
    });
    const fb = new FunctionBuilder(module, name, ["v128"], "v128");
    const v = new Lanes(fb);
    const x = v.param(0);
    const far = v128.any_true(f32x4.gt(f32x4.abs(x()), v.f(FAST_LIMIT)));
    fb.if(far, () => fb.push(returning(call(slow, x()))));
    const low = v.hold(f64x2.promote_low_f32x4(x()));
    const upper = i8x16.shuffle(x(), x(), [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
    const high = v.hold(f64x2.promote_low_f32x4(upper));
    const halves = [low, high].map((half) => f32x4.demote_f64x2_zero(ofDoubles(v, half, quarterTurns)));
    fb.finish(i8x16.shuffle(halves[0]!, halves[1]!, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]));
  });
}

export const sin = (module: ModuleBuilder): string => circular(module, "sin", 0);
export const cos = (module: ModuleBuilder): string => circular(module, "cos", 1);

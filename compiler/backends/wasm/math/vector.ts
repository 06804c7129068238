import type { FunctionBuilder, Local } from "../encode/function.js";
import { FunctionBuilder as Builder } from "../encode/function.js";
import { f32x4, type Instruction, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";

const BYTES = new DataView(new ArrayBuffer(16));

/** Short names for four-lane arithmetic inside one function, so that a formula reads as one. */
export class Lanes {
  readonly fb: FunctionBuilder;
  constructor(fb: FunctionBuilder) {
    this.fb = fb;
  }

  /** Names a value that is used more than once. */
  hold(value: Instruction): () => Instruction {
    const local = this.fb.hold("v128", value);
    return () => this.fb.get(local);
  }

  param(index: number): () => Instruction {
    const local: Local = this.fb.params[index]!;
    return () => this.fb.get(local);
  }

  /** Four copies of a float. */
  f(value: number): Instruction {
    for (let lane = 0; lane < 4; lane++) BYTES.setFloat32(lane * 4, value, true);
    return v128.const(new Uint8Array(BYTES.buffer));
  }

  /** Four copies of 32 bits. */
  i(value: number): Instruction {
    return this.ints(value, value, value, value);
  }

  ints(...values: readonly [number, number, number, number]): Instruction {
    values.forEach((value, lane) => {
      BYTES.setInt32(lane * 4, value, true);
    });
    return v128.const(new Uint8Array(BYTES.buffer));
  }

  /** Two copies of a double. */
  d(value: number): Instruction {
    BYTES.setFloat64(0, value, true);
    BYTES.setFloat64(8, value, true);
    return v128.const(new Uint8Array(BYTES.buffer));
  }

  add = (a: Instruction, b: Instruction): Instruction => f32x4.add(a, b);
  sub = (a: Instruction, b: Instruction): Instruction => f32x4.sub(a, b);
  mul = (a: Instruction, b: Instruction): Instruction => f32x4.mul(a, b);

  /** c₀ + c₁·x + c₂·x² …, by Horner's rule. */
  polynomial(x: () => Instruction, coefficients: readonly number[]): Instruction {
    return coefficients.reduceRight<Instruction | null>(
      (sum, c) => (sum === null ? this.f(c) : this.add(this.mul(sum, x()), this.f(c))),
      null,
    )!;
  }

  /** `a` in the lanes where the mask is set, else `b`. */
  select(mask: Instruction, a: Instruction, b: Instruction): Instruction {
    return v128.bitselect(a, b, mask);
  }
}

/** A function of one vector to another, built at first use; gives its name. */
export function vectorFunction(
  module: ModuleBuilder,
  name: string,
  body: (lanes: Lanes, x: () => Instruction) => Instruction,
): string {
  return module.once(name, () => {
    const fb = new Builder(module, name, ["v128"], "v128");
    const lanes = new Lanes(fb);
    fb.finish(body(lanes, lanes.param(0)));
  });
}

import type { FunctionBuilder, Local } from "../wasm/function.js";
import { FunctionBuilder as Builder } from "../wasm/function.js";
import type { ModuleBuilder, Ref } from "../wasm/module.js";

const BYTES = new DataView(new ArrayBuffer(16));

/** Short names for four-lane arithmetic inside one function, so that a formula reads as one. */
export class Lanes {
  readonly fb: FunctionBuilder;
  constructor(fb: FunctionBuilder) {
    this.fb = fb;
  }

  get m() {
    return this.fb.m;
  }

  /** Names a value that is used more than once. */
  hold(value: Ref): () => Ref {
    const local = this.fb.hold("v128", value);
    return () => this.fb.get(local);
  }

  param(index: number): () => Ref {
    const local: Local = this.fb.params[index]!;
    return () => this.fb.get(local);
  }

  /** Four copies of a float. */
  f(value: number): Ref {
    for (let lane = 0; lane < 4; lane++) BYTES.setFloat32(lane * 4, value, true);
    return this.m.v128.const([...new Uint8Array(BYTES.buffer)]);
  }

  /** Four copies of 32 bits. */
  i(value: number): Ref {
    return this.ints(value, value, value, value);
  }

  ints(...values: readonly [number, number, number, number]): Ref {
    values.forEach((value, lane) => {
      BYTES.setInt32(lane * 4, value, true);
    });
    return this.m.v128.const([...new Uint8Array(BYTES.buffer)]);
  }

  /** Two copies of a double. */
  d(value: number): Ref {
    BYTES.setFloat64(0, value, true);
    BYTES.setFloat64(8, value, true);
    return this.m.v128.const([...new Uint8Array(BYTES.buffer)]);
  }

  add = (a: Ref, b: Ref): Ref => this.m.f32x4.add(a, b);
  sub = (a: Ref, b: Ref): Ref => this.m.f32x4.sub(a, b);
  mul = (a: Ref, b: Ref): Ref => this.m.f32x4.mul(a, b);

  /** c₀ + c₁·x + c₂·x² …, by Horner's rule. */
  polynomial(x: () => Ref, coefficients: readonly number[]): Ref {
    return coefficients.reduceRight<Ref | null>(
      (sum, c) => (sum === null ? this.f(c) : this.add(this.mul(sum, x()), this.f(c))),
      null,
    )!;
  }

  /** `a` in the lanes where the mask is set, else `b`. */
  select(mask: Ref, a: Ref, b: Ref): Ref {
    return this.m.v128.bitselect(a, b, mask);
  }
}

/** A function of one vector to another, built at first use; gives its name. */
export function vectorFunction(module: ModuleBuilder, name: string, body: (lanes: Lanes, x: () => Ref) => Ref): string {
  return module.once(name, () => {
    const fb = new Builder(module, name, ["v128"], "v128");
    const lanes = new Lanes(fb);
    fb.finish(body(lanes, lanes.param(0)));
  });
}

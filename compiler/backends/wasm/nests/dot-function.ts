import type { DType } from "../../../ir/index.js";
import { FunctionBuilder, type Local } from "../encode/function.js";
import { type Instruction, i32, NUMBERS, VECTORS, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { BYTES, REPRESENTATION, type Representation } from "../encode/representation.js";

export interface DotShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** The second operand lies as [N, K]. */
  readonly transposed: boolean;
  readonly dtype: DType;
}

type Vectors = "f32x4" | "i32x4";

/** A function (a, b, c) that adds a · b to c; all three are addresses. Each element is summed over K in one fixed order. */
export function dotFunction(module: ModuleBuilder, shape: DotShape): string {
  const { m, k, n, transposed, dtype } = shape;
  const name = `dot_${dtype}_${m}x${k}x${n}${transposed ? "_t" : ""}`;
  return module.once(name, () => {
    const fb = new FunctionBuilder(module, name, ["i32", "i32", "i32"], null);
    const lanes = REPRESENTATION[dtype] === "f32" ? "f32x4" : REPRESENTATION[dtype] === "i32" ? "i32x4" : null;
    if (lanes !== null && transposed && k % 4 === 0) alongInner(fb, shape, lanes);
    else if (lanes !== null && !transposed && n % 4 === 0) alongColumns(fb, shape, lanes);
    else elementByElement(fb, shape, REPRESENTATION[dtype]);
    fb.finish();
  });
}

/** Calls `build` for blocks of up to `most` of `size`, each with its own code only for the full size (sizes are powers of two). */
function blocks(fb: FunctionBuilder, size: number, most: number, build: (first: Local, count: number) => void): void {
  const count = largestDivisor(size, most);
  const first = fb.local("i32");
  fb.count(first, size, count, () => build(first, count));
}

function largestDivisor(size: number, most: number): number {
  for (let count = Math.min(size, most); count > 1; count--) if (size % count === 0) return count;
  return 1;
}

/** base + (index · step) bytes */
const address = (fb: FunctionBuilder, base: Local, index: Local, step: number): Instruction =>
  i32.add(fb.get(base), i32.mul(fb.get(index), i32.const(step)));

/** b as [K, N]: four rows by two vectors of columns stay in registers while k runs. */
function alongColumns(fb: FunctionBuilder, { m, k, n }: DotShape, lanes: Vectors): void {
  const [a, b, c] = fb.params as [Local, Local, Local];
  blocks(fb, m, 4, (row, rows) =>
    blocks(fb, n / 4, 2, (column, columns) => {
      const rowOfA = fb.hold("i32", address(fb, a, row, 4 * k));
      const block = fb.hold("i32", i32.add(address(fb, c, row, 4 * n), i32.mul(fb.get(column), i32.const(16))));
      const atA = fb.hold("i32", fb.get(rowOfA));
      const atB = fb.hold("i32", address(fb, b, column, 16));
      const sums = grid(rows, columns, (i, j) => fb.hold("v128", v128.load(4 * n * i + 16 * j, fb.get(block))));
      const unroll = largestDivisor(k, 4);
      fb.count(fb.local("i32"), k, unroll, () => {
        for (let step = 0; step < unroll; step++) {
          const right = range(columns).map((j) => fb.hold("v128", v128.load(4 * n * step + 16 * j, fb.get(atB))));
          for (const i of range(rows)) {
            const left = fb.hold("v128", v128.load32_splat(4 * k * i + 4 * step, fb.get(atA)));
            for (const j of range(columns)) {
              const product = VECTORS[lanes].mul(fb.get(left), fb.get(right[j]!));
              fb.set(sums[i]![j]!, VECTORS[lanes].add(fb.get(sums[i]![j]!), product));
            }
          }
        }
        fb.set(atA, i32.add(fb.get(atA), i32.const(4 * unroll)));
        fb.set(atB, i32.add(fb.get(atB), i32.const(4 * n * unroll)));
      });
      for (const i of range(rows))
        for (const j of range(columns)) fb.push(v128.store(4 * n * i + 16 * j, fb.get(block), fb.get(sums[i]![j]!)));
    }),
  );
}

/** b as [N, K]: vectors run along k in both operands; the lanes of a sum are added at the end. */
function alongInner(fb: FunctionBuilder, { m, k, n }: DotShape, lanes: Vectors): void {
  const [a, b, c] = fb.params as [Local, Local, Local];
  const element = lanes === "f32x4" ? "f32" : "i32";
  blocks(fb, m, 2, (row, rows) =>
    blocks(fb, n, 4, (column, columns) => {
      const atA = fb.hold("i32", address(fb, a, row, 4 * k));
      const atB = fb.hold("i32", address(fb, b, column, 4 * k));
      const block = fb.hold("i32", i32.add(address(fb, c, row, 4 * n), i32.mul(fb.get(column), i32.const(4))));
      const zero = (): Instruction => VECTORS[lanes].splat(NUMBERS[element].const(0));
      const sums = grid(rows, columns, () => fb.hold("v128", zero()));
      fb.count(fb.local("i32"), k, 4, () => {
        const left = range(rows).map((i) => fb.hold("v128", v128.load(4 * k * i, fb.get(atA))));
        for (const j of range(columns)) {
          const right = fb.hold("v128", v128.load(4 * k * j, fb.get(atB)));
          for (const i of range(rows)) {
            const product = VECTORS[lanes].mul(fb.get(left[i]!), fb.get(right));
            fb.set(sums[i]![j]!, VECTORS[lanes].add(fb.get(sums[i]![j]!), product));
          }
        }
        for (const pointer of [atA, atB]) fb.set(pointer, i32.add(fb.get(pointer), i32.const(16)));
      });
      const plus = (x: Instruction, y: Instruction): Instruction => NUMBERS[element].add(x, y);
      for (const i of range(rows))
        for (const j of range(columns)) {
          const lane = (index: number): Instruction => VECTORS[lanes].extract_lane(fb.get(sums[i]![j]!), index);
          const total = plus(plus(lane(0), lane(2)), plus(lane(1), lane(3)));
          const offset = 4 * n * i + 4 * j;
          const before = NUMBERS[element].load(offset, fb.get(block));
          fb.push(NUMBERS[element].store(offset, fb.get(block), plus(before, total)));
        }
    }),
  );
}

/** For shapes narrower than a vector, and f64. */
function elementByElement(fb: FunctionBuilder, { m, k, n, transposed }: DotShape, type: Representation): void {
  const [a, b, c] = fb.params as [Local, Local, Local];
  const bytes = BYTES[type];
  const [stepK, stepN] = transposed ? [1, k] : [n, 1];
  blocks(fb, m, 1, (row) =>
    blocks(fb, n, 1, (column) => {
      const atA = fb.hold("i32", address(fb, a, row, bytes * k));
      const atB = fb.hold("i32", address(fb, b, column, bytes * stepN));
      const at = fb.hold("i32", i32.add(address(fb, c, row, bytes * n), i32.mul(fb.get(column), i32.const(bytes))));
      const sum = fb.hold(type, NUMBERS[type].load(0, fb.get(at)));
      fb.count(fb.local("i32"), k, 1, () => {
        const product = NUMBERS[type].mul(NUMBERS[type].load(0, fb.get(atA)), NUMBERS[type].load(0, fb.get(atB)));
        fb.set(sum, NUMBERS[type].add(fb.get(sum), product));
        fb.set(atA, i32.add(fb.get(atA), i32.const(bytes)));
        fb.set(atB, i32.add(fb.get(atB), i32.const(bytes * stepK)));
      });
      fb.push(NUMBERS[type].store(0, fb.get(at), fb.get(sum)));
    }),
  );
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function grid<T>(rows: number, columns: number, make: (row: number, column: number) => T): T[][] {
  return range(rows).map((i) => range(columns).map((j) => make(i, j)));
}

import { DTYPES, type DType } from "../../../ir/index.js";
import { touchOfAtomic } from "../checks/touch.js";
import { cleanBits, valueOfBits } from "../emit/bits.js";
import { checkElement } from "../emit/bounds.js";
import { elementPlace, slotPlace } from "../emit/loads.js";
import { literal, type Operation } from "../emit/operands.js";
import { SCALAR } from "../emit/scalar-primitives.js";
import type { FunctionBuilder, Local } from "../encode/function.js";
import { br_if, call, drop, type Instruction, i32, i64, NUMBERS } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { dtypeOf } from "../lanes/build.js";
import { descriptorAccess, descriptorOf } from "../lanes/descriptors.js";
import type { Access, Node } from "../lanes/node.js";
import { alignIndex, flatIndex, shapeOf } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import type { OpExpr } from "../ops.js";
import type { TileVariable } from "./assign.js";
import type { Host } from "./host.js";
import { type Nest, runElements } from "./nest.js";
import { place } from "./reduce.js";
import { stage } from "./stage.js";

/** Read-modify-write of memory through pointers, element by element; gives what was there before. */
export function atomic(host: Host, expr: OpExpr, to: Variable | null): Variable {
  const target = to ?? place(host, dtypeOf(expr), shapeOf(expr));
  atomicElements(host, expr, target);
  return target;
}

/** The same; what was there is lost where there is no `target`. */
export function atomicElements(host: Host, expr: OpExpr, target: Variable | null): void {
  const { ptr, value, compare, mask } = expr.args;
  const shape = shapeOf(ptr!);
  const dtype = dtypeOf(ptr!);
  const order = shape.map((_size, axis) => axis);
  for (const operand of Object.values(expr.args))
    stage(
      host,
      operand,
      shapeOf(operand),
      shapeOf(operand).map((_s, axis) => axis),
    );
  runElements(
    host,
    shape,
    order.filter((axis) => shape[axis]! > 1),
    (nest) => {
      const { builder } = nest;
      const index = nest.index(0);
      const of = (operand: typeof ptr): Node | null =>
        operand ? builder.build(operand, alignIndex(nest.graph, shapeOf(operand), index)) : null;
      const at = builder.pointer(ptr!, index);
      const given = value ? builder.convert(of(value)!, dtype) : null;
      const expected = compare ? builder.convert(of(compare)!, dtype) : null;
      const condition = of(mask);
      const spot = flatIndex(nest.graph, shape, index);
      const access: Access = {
        from: at.from,
        bytes: DTYPES[dtype].bytes,
        site: host.env.site(expr.op, at.from.params, expr.span),
      };
      const kept = target && { spot, target };
      const touch = touchOfAtomic(expr.op, expr.attrs, target !== null);
      const what = { dtype, access, index: at.offset, given, expected, condition, kept, touch };
      nest.at(nest.innermost, () => exchange(host, nest, expr.op, what));
    },
  );
}

/** The atomic op that one of a descriptor's does to each element. */
const ofElements = (op: string): string => op.replace("TensorDescriptor", "");

/** The same for the elements of a descriptor's block that are inside the tensor; gives nothing. */
export function atomicBlock(host: Host, expr: OpExpr): void {
  const { dtype, block: shape } = descriptorOf(host, expr.args.desc!);
  const value = expr.args.value!;
  const order = shape.map((_size, axis) => axis).filter((axis) => shape[axis]! > 1);
  stage(host, expr, shape, order);
  runElements(host, shape, order, (nest) => {
    const { builder } = nest;
    const index = nest.index(0);
    const { at, inside } = descriptorAccess(builder, expr, index);
    const given = builder.convert(builder.build(value, alignIndex(nest.graph, shapeOf(value), index)), dtype);
    const site = host.env.site(expr.op, at.from.params, expr.span);
    const access: Access = { from: at.from, bytes: DTYPES[dtype].bytes, site };
    const touch = touchOfAtomic(ofElements(expr.op), { sem: "relaxed" }, false);
    const what = { dtype, access, index: at.offset, given, expected: null, condition: inside, kept: null, touch };
    nest.at(nest.innermost, () => exchange(host, nest, ofElements(expr.op), what));
  });
}

interface Exchange {
  readonly dtype: DType;
  readonly access: Access;
  readonly index: Node;
  readonly given: Node | null;
  readonly expected: Node | null;
  readonly condition: Node | null;
  /** Where the old value goes. */
  readonly kept: { readonly spot: Node; readonly target: Variable } | null;
  readonly touch: number;
}

function exchange(host: Host, nest: Nest, op: string, what: Exchange): void {
  const { fb } = host;
  const { emitter, innermost } = nest;
  const type = REPRESENTATION[what.dtype];
  const given = what.given && fb.hold(type, emitter.scalar(what.given, innermost));
  const expected = what.expected && fb.hold(type, emitter.scalar(what.expected, innermost));
  const old = fb.hold(type, literal(type, 0));
  const act = (): void => {
    checkElement(emitter, what.access, what.index, innermost, what.touch);
    const { base, offset } = elementPlace(emitter, what.access, what.index, innermost);
    const address = fb.hold("i32", i32.add(base, i32.const(offset)));
    checkAligned(nest, what.access, what.index, address);
    new Word(fb, what.dtype, address).update(op, given, expected, old);
  };
  if (what.condition) fb.if(emitter.scalar(what.condition, innermost), act);
  else act();
  if (!what.kept) return;
  const { spot, target } = what.kept;
  if (target.kind === "scalar") {
    fb.set(target.local, fb.get(old));
    return;
  }
  const tile = target as TileVariable;
  const { base, offset } = slotPlace(emitter, tile.slot, tile.dtype, spot, innermost);
  fb.push(NUMBERS[type].store(offset, base, fb.get(old)));
}

/** Atomic instructions trap on addresses that are no multiple of their width. */
export function checkAligned(nest: Nest, access: Access, index: Node, address: Local): void {
  if (access.bytes === 1) return;
  const { emitter, innermost } = nest;
  const { fb, module } = emitter;
  const report = module.imported("misaligned", ["i32", "i32", "i32"], null);
  const wrong = i32.and(fb.get(address), i32.const(access.bytes - 1));
  const args = [i32.const(access.site), emitter.scalar(access.from.base, innermost), emitter.scalar(index, innermost)];
  fb.if(wrong, () => fb.push(call(report, ...args)));
}

const NATIVE: Readonly<Record<string, "add" | "and" | "or" | "xor" | "xchg">> = {
  atomicAdd: "add",
  atomicAnd: "and",
  atomicOr: "or",
  atomicXor: "xor",
  atomicExchange: "xchg",
};

/** What an op makes of the old value and the given one, where the machine has no instruction for it. */
const COMBINE: Readonly<Record<string, string>> = {
  atomicAdd: "add",
  atomicAnd: "and",
  atomicOr: "or",
  atomicXor: "xor",
  // A GPU compares the bits of floats, among which NaN is the greatest.
  atomicMax: "maximumNan",
  atomicMin: "minimum",
};

/** One element in shared memory, updated as the bits of an integer of its width. */
export class Word {
  private readonly fb: FunctionBuilder;
  private readonly dtype: DType;
  private readonly address: Local;
  private readonly bits: "i32" | "i64";

  constructor(fb: FunctionBuilder, dtype: DType, address: Local) {
    this.fb = fb;
    this.dtype = dtype;
    this.address = address;
    this.bits = DTYPES[dtype].bytes === 8 ? "i64" : "i32";
  }

  update(op: string, given: Local | null, expected: Local | null, old: Local): void {
    const { fb } = this;
    if (given === null) {
      fb.set(old, this.fromBits(this.load()));
      return;
    }
    if (op === "atomicStore") {
      this.store(this.toBits(fb.get(given)));
      return;
    }
    const native = NATIVE[op];
    const bits = (): Instruction => this.toBits(fb.get(given));
    const integral = DTYPES[this.dtype].kind !== "float";
    if (expected) fb.set(old, this.fromBits(this.swap(this.toBits(fb.get(expected)), bits())));
    else if (native && (integral || native === "xchg")) fb.set(old, this.fromBits(this.native(native, bits())));
    else this.retry(op, given, old);
  }

  /** Computes the new value from what is there and swaps it in; again when another worker was faster. */
  private retry(op: string, given: Local, old: Local): void {
    const { fb } = this;
    const before = fb.hold(this.bits, this.load());
    const type = REPRESENTATION[this.dtype];
    fb.forever((done) => {
      fb.set(old, this.fromBits(fb.get(before)));
      const next = fb.hold(type, SCALAR[COMBINE[op]!]!(this.operation, fb.get(old), fb.get(given)));
      const seen = fb.hold(this.bits, this.swap(fb.get(before), this.toBits(fb.get(next))));
      fb.push(br_if(done, NUMBERS[this.bits].eq(fb.get(seen), fb.get(before))));
      fb.set(before, fb.get(seen));
    });
  }

  private narrow(): "rmw8_u" | "rmw16_u" | "rmw" {
    const { bytes } = DTYPES[this.dtype];
    return bytes === 1 ? "rmw8_u" : bytes === 2 ? "rmw16_u" : "rmw";
  }

  private native(name: "add" | "and" | "or" | "xor" | "xchg", value: Instruction): Instruction {
    const { fb } = this;
    if (this.bits === "i64") return i64.atomic.rmw[name](0, fb.get(this.address), value);
    return i32.atomic[this.narrow()][name](0, fb.get(this.address), value);
  }

  private swap(expected: Instruction, replacement: Instruction): Instruction {
    const { fb } = this;
    if (this.bits === "i64") return i64.atomic.rmw.cmpxchg(0, fb.get(this.address), expected, replacement);
    return i32.atomic[this.narrow()].cmpxchg(0, fb.get(this.address), expected, replacement);
  }

  /** Whether the memory holds a number now. */
  holds(given: Local): Instruction {
    return NUMBERS[this.bits].eq(this.load(), this.toBits(this.fb.get(given)));
  }

  /** Sleeps for so many nanoseconds at the most, while memory holds what it does; only words of 32 bits can be slept on. */
  doze(nanoseconds: bigint): void {
    const { fb } = this;
    if (DTYPES[this.dtype].bytes !== 4) return;
    fb.push(drop(i32.atomic.wait(fb.get(this.address), this.load(), i64.const(nanoseconds))));
  }

  private store(value: Instruction): void {
    const { fb } = this;
    const at = fb.get(this.address);
    const { bytes } = DTYPES[this.dtype];
    if (bytes === 8) fb.push(i64.atomic.store(0, at, value));
    else if (bytes === 4) fb.push(i32.atomic.store(0, at, value));
    else fb.push(i32.atomic[bytes === 2 ? "store16" : "store8"](0, at, value));
  }

  private load(): Instruction {
    const { fb } = this;
    const at = fb.get(this.address);
    if (this.bits === "i64") return i64.atomic.load(0, at);
    const { bytes } = DTYPES[this.dtype];
    if (bytes === 1) return i32.atomic.load8_u(0, at);
    return bytes === 2 ? i32.atomic.load16_u(0, at) : i32.atomic.load(0, at);
  }

  private get operation(): Operation {
    return { fb: this.fb, module: this.fb.module, from: this.dtype, dtype: this.dtype };
  }

  private toBits(value: Instruction): Instruction {
    return cleanBits(this.operation, this.dtype, value);
  }

  private fromBits(bits: Instruction): Instruction {
    return valueOfBits(this.operation, this.dtype, bits);
  }
}

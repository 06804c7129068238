import { DTYPES, type DType, type Expr } from "../../../ir/index.js";
import { FINITE } from "../checks/finite.js";
import { TRACE } from "../checks/trace.js";
import { isUnsigned } from "../emit/operands.js";
import type { FunctionBuilder, Local } from "../encode/function.js";
import { br, br_if, call, type Instruction, i32, NUMBERS } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import type { Step } from "../flatten/steps.js";
import { dtypeOf } from "../lanes/build.js";
import { descriptorOf } from "../lanes/descriptors.js";
import { gcd, UNKNOWN_FACTS } from "../lanes/facts.js";
import { constantOf } from "../lanes/graph.js";
import type { Node } from "../lanes/node.js";
import { flatIndex, shapeOf, sizes } from "../lanes/shapes.js";
import type { Variable } from "../lanes/variables.js";
import { BLOCK_ATOMICS, isAtomic, isWhole, type OpExpr } from "../ops.js";
import { ExecutorError } from "../unsupported.js";
import { assignTile, assignTiles, storeInSlot, type TileVariable } from "./assign.js";
import { atomicBlock, atomicElements } from "./atomic.js";
import { assertion, print } from "./debug.js";
import type { Host } from "./host.js";
import { loopsOver, runElements, runNest } from "./nest.js";
import type { KernelScope } from "./scope.js";
import { stage } from "./stage.js";
import { store, storeDescriptor } from "./store.js";
import { computeWhole } from "./whole.js";

/** Compiles steps into the function of a program. */
export class Statements {
  private readonly host: Host;
  private readonly scope: KernelScope;
  private readonly fb: FunctionBuilder;
  private readonly assignments: ReadonlyMap<string, number>;

  constructor(host: Host, scope: KernelScope, assignments: ReadonlyMap<string, number>) {
    this.host = host;
    this.scope = scope;
    this.fb = host.fb;
    this.assignments = assignments;
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) (STEPS[step.kind] as (statements: Statements, step: Step) => void)(this, step);
  }

  together({ assigns }: Extract<Step, { kind: "together" }>): void {
    this.scope.statement(() => {
      const assignments = assigns.map(({ name, value }) => ({
        expr: value,
        target: this.scope.target(name, value) as TileVariable,
      }));
      assignTiles(this.host, assignments);
    });
  }

  assign(step: Extract<Step, { kind: "assign" }>): void {
    const { name } = step;
    this.scope.statement(() => {
      const value = accumulating(step.value);
      if (value.type.kind === "descriptor") return this.describe(name, value);
      const target = this.scope.target(name, value);
      if (target.kind === "tile") this.assignTile(target, value);
      else if (target.kind === "scalar") this.assignScalar(name, target, value);
      else if (target.kind === "pointer") this.assignPointer(target, value);
      else if (target.kind === "pointers") this.assignPointers(target, value);
    });
  }

  private assignTile(target: TileVariable, value: Expr): void {
    if (isWhole(value) && dtypeOf(value) === target.dtype) computeWhole(this.host, value, target);
    else assignTile(this.host, value, target);
  }

  private assignScalar(name: string, target: Extract<Variable, { kind: "scalar" }>, value: Expr): void {
    if (isWhole(value) && dtypeOf(value) === target.dtype) {
      computeWhole(this.host, value, target);
      return;
    }
    const { ref, node } = this.scalar(value, target.dtype);
    if (this.assignments.get(name) === 1) target.facts = node.stride === 0 ? node.facts : UNKNOWN_FACTS;
    this.fb.set(target.local, ref);
  }

  put({ name, index, value, span }: Extract<Step, { kind: "put" }>): void {
    const target = this.scope.target(name, value);
    if (target.kind !== "tile") throw new ExecutorError("an element of what is no tile", span);
    this.scope.statement(() => {
      const [place, element] = [this.scalar(index, "i32"), this.scalar(value, target.dtype)].map(({ ref }, at) =>
        this.fb.hold(at === 0 ? "i32" : REPRESENTATION[target.dtype], ref),
      );
      runElements(this.host, [], [], (nest) => {
        const at = nest.graph.local("i32", place!);
        const node = nest.graph.local(target.dtype, element!);
        nest.at(0, () => storeInSlot(nest, target, at, node));
      });
    });
  }

  /** The value of a scalar expression. */
  scalar(expr: Expr, dtype = dtypeOf(expr)): { ref: Instruction; node: Node } {
    let result: { ref: Instruction; node: Node } | undefined;
    stage(this.host, expr, [], []);
    runElements(this.host, [], [], (nest) => {
      const node = nest.builder.convert(nest.builder.build(expr, []), dtype);
      nest.at(0, () => {
        const local = this.fb.hold(REPRESENTATION[dtype], nest.emitter.scalar(node, 0));
        result = { ref: this.fb.get(local), node };
      });
    });
    return result!;
  }

  private assignPointer(target: Extract<Variable, { kind: "pointer" }>, value: Expr): void {
    const { fb } = this;
    stage(this.host, value, [], []);
    runElements(this.host, [], [], (nest) => {
      const { from, offset } = nest.builder.pointer(value, []);
      nest.at(0, () => {
        const parts = [offset, from.base, from.count].map((node) => fb.hold("i32", nest.emitter.scalar(node, 0)));
        const locals =
          target.buffer.params.length === 1
            ? [target.offset!]
            : [target.offset!, target.buffer.base, target.buffer.count];
        locals.forEach((local, index) => {
          fb.set(local, fb.get(parts[index]!));
        });
      });
    });
  }

  private assignPointers(target: Extract<Variable, { kind: "pointers" }>, value: Expr): void {
    const { shape } = target;
    const plan = { ...loopsOver(shape, 4), ...(target.mixed ? { lane: null, unroll: 1 } : {}) };
    stage(this.host, value, shape, plan.order);
    const words = (slot: number): TileVariable => ({ kind: "tile", dtype: "i32", shape, slot });
    // Written to a copy first: the value may read the variable at other places.
    runNest(this.host, plan, (nest) => {
      const work = Array.from({ length: nest.copies }, (_, copy) => {
        const index = nest.index(copy);
        return { pointer: nest.builder.pointer(value, index), place: flatIndex(nest.graph, shape, index) };
      });
      const emit = (): void => {
        for (const { pointer, place } of work)
          nest.at(nest.innermost, () => {
            storeInSlot(nest, words(target.slot), place, pointer.offset);
            if (!target.mixed) return;
            storeInSlot(nest, words(target.mixed.base), place, pointer.from.base);
            storeInSlot(nest, words(target.mixed.count), place, pointer.from.count);
          });
      };
      const mixed = (one: (typeof work)[number]): Node[] =>
        target.mixed ? [one.pointer.from.base, one.pointer.from.count] : [];
      return {
        values: work.flatMap((one) => [one.pointer.offset, ...mixed(one)]),
        emit,
      };
    });
  }

  /** A descriptor made in the kernel, or another name of one. */
  private describe(name: string, value: Expr): void {
    const made = value.kind === "op" && value.op === "makeTensorDescriptor";
    this.scope.define(name, made ? this.makeDescriptor(value) : descriptorOf({ env: this.scope }, value));
  }

  private makeDescriptor(expr: OpExpr): Variable {
    const { fb } = this;
    const { type } = expr;
    if (type.kind !== "descriptor") throw new ExecutorError("a descriptor without a block", expr.span);
    const block = sizes(type.block, expr);
    const word = (arg: Expr): Local => fb.hold("i32", this.scalar(arg, "i32").ref);
    const shape = block.map((_size, axis) => word(expr.args[`shape${axis}`]!));
    const strides = block.map((_size, axis) => word(expr.args[`stride${axis}`]!));
    const held = ["offset", "base", "count"].map(() => fb.local("i32"));
    const params = new Set<string>();
    runElements(this.host, [], [], (nest) => {
      const { from, offset } = nest.builder.pointer(expr.args.ptr!, []);
      for (const param of from.params) params.add(param);
      const parts = [offset, from.base, from.count];
      nest.at(0, () =>
        parts.forEach((node, index) => {
          fb.set(held[index]!, nest.emitter.scalar(node, 0));
        }),
      );
    });
    const buffer = { base: held[1]!, count: held[2]!, params: [...params] };
    if (fb.module.checked) this.tellDescriptor(expr, type.dtype, held as [Local, Local, Local], strides, [...params]);
    return {
      kind: "descriptor",
      dtype: type.dtype,
      block,
      padding: expr.attrs.padding === "nan" ? "nan" : "zero",
      offset: held[0]!,
      buffer,
      shape,
      strides,
    };
  }

  /** Calls the host with the address and with each outer stride, in bytes: a tensor map takes multiples of 16. */
  private tellDescriptor(
    expr: OpExpr,
    dtype: DType,
    [offset, base]: readonly [Local, Local, Local],
    strides: readonly Local[],
    params: readonly string[],
  ): void {
    const { fb } = this;
    const name = fb.module.imported("tensor_map", ["i32", "i32", "i32", "i32"], null);
    const site = this.scope.site(expr.op, params, expr.span);
    const tell = (axis: number, value: Instruction): void => {
      const args = [i32.const(site), fb.get(base), i32.const(axis), value];
      fb.push(call(name, ...args));
    };
    const scaled = (local: Local): Instruction => i32.mul(fb.get(local), i32.const(DTYPES[dtype].bytes));
    tell(-1, i32.add(fb.get(base), scaled(offset)));
    for (const [axis, stride] of strides.slice(0, -1).entries()) tell(axis, scaled(stride));
  }

  effect(step: Extract<Step, { kind: "effect" }>): void {
    const { value } = step;
    if (value.kind !== "op") return;
    this.scope.statement(() => {
      const effect = EFFECTS[value.op];
      if (effect) effect(this.host, value);
      else if (isAtomic(value)) atomicElements(this.host, value, null);
      else if (isWhole(value)) computeWhole(this.host, value, null);
    });
  }

  for(step: Extract<Step, { kind: "for" }>): void {
    const { fb, scope } = this;
    const type = scope.variable(step.variable) ?? scope.target(step.variable, step.stop);
    if (type.kind !== "scalar") throw new ExecutorError("a loop over what is no number", step.span);
    const { dtype } = type;
    const kind = REPRESENTATION[dtype] as "i32" | "i64";
    const parts = [step.start, step.stop, step.step].map((expr) => {
      let held: { local: Local; node: Node } | undefined;
      scope.statement(() => {
        const { ref, node } = this.scalar(expr, dtype);
        held = { local: fb.hold(kind, ref), node };
      });
      return held!;
    });
    const [start, stop, by] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
    const known = constantOf(by.node);
    const down = known !== null && Number(known) < 0;
    if (kind === "i32" && !down && known !== null)
      type.facts = {
        min: start.node.facts.min,
        max: Math.max(start.node.facts.min, stop.node.facts.max - 1),
        multiple: gcd(start.node.facts.multiple, Number(known)),
      };
    const counter = fb.hold(kind, fb.get(start.local));
    fb.forever((exit) => {
      const order = down ? "le_s" : isUnsigned(dtype) ? "ge_u" : "ge_s";
      fb.push(br_if(exit, NUMBERS[kind][order](fb.get(counter), fb.get(stop.local))));
      fb.set(type.local, fb.get(counter));
      this.run(step.body);
      fb.set(counter, NUMBERS[kind].add(fb.get(counter), fb.get(by.local)));
    });
  }

  while(step: Extract<Step, { kind: "while" }>): void {
    const { fb } = this;
    fb.forever((exit) => {
      this.run(step.before);
      this.condition(step.condition, (ref) => fb.push(br_if(exit, i32.eqz(ref))));
      this.run(step.body);
    });
  }

  if(step: Extract<Step, { kind: "if" }>): void {
    const taken = this.fb.local("i32");
    this.condition(step.condition, (ref) => this.fb.set(taken, ref));
    this.fb.if(
      this.fb.get(taken),
      () => this.run(step.then),
      step.else.length > 0 ? () => this.run(step.else) : undefined,
    );
  }

  private condition(expr: Expr, use: (ref: Instruction) => void): void {
    this.scope.statement(() => use(this.scalar(expr, "bool").ref));
  }

  scopeOf(step: Extract<Step, { kind: "scope" }>): void {
    this.fb.scope(step.label, () => this.run(step.body));
  }

  leave(step: Extract<Step, { kind: "leave" }>): void {
    this.fb.push(br(step.label));
  }
}

const STEPS: { readonly [K in Step["kind"]]: (statements: Statements, step: Extract<Step, { kind: K }>) => void } = {
  assign: (statements, step) => statements.assign(step),
  together: (statements, step) => statements.together(step),
  effect: (statements, step) => statements.effect(step),
  put: (statements, step) => statements.put(step),
  for: (statements, step) => statements.for(step),
  while: (statements, step) => statements.while(step),
  if: (statements, step) => statements.if(step),
  scope: (statements, step) => statements.scopeOf(step),
  leave: (statements, step) => statements.leave(step),
};

/** What statements do; hints, barriers of one program and launch control mean nothing on a CPU. */
const EFFECTS: Readonly<Record<string, (host: Host, expr: OpExpr) => void>> = {
  store,
  storeTensorDescriptor: storeDescriptor,
  ...Object.fromEntries(BLOCK_ATOMICS.map((op) => [op, atomicBlock] as const)),
  atomicStore: (host, expr) => atomicElements(host, expr, null),
  devicePrint: print,
  deviceAssert: assertion,
  [FINITE]: assertion,
  [TRACE]: print,
};

/** x + dot(a, b) is the product that starts from x. */
function accumulating(value: Expr): Expr {
  if (value.kind !== "op" || value.op !== "add") return value;
  const { a, b } = value.args as { a: Expr; b: Expr };
  for (const [product, acc] of [
    [b, a],
    [a, b],
  ] as const) {
    const fits =
      product.kind === "op" && product.op === "dot" && !product.args.acc && dtypeOf(product) === dtypeOf(value);
    if (fits && shapeOf(acc).join() === shapeOf(product).join()) return { ...product, args: { ...product.args, acc } };
  }
  return value;
}

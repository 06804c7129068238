import { type DType, isFloat, isNarrow } from "../../../ir/index.js";
import type { FunctionBuilder, Local } from "../encode/function.js";
import { call, f32x4, type Instruction, i32, i32x4, i64, select, VECTORS, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { REPRESENTATION, type WasmType } from "../encode/representation.js";
import { constantOf, type Graph, linearForm } from "../lanes/graph.js";
import type { Node } from "../lanes/node.js";
import type { HoistedCheck } from "./bounds.js";
import { EIGHTS, productsOfHalves } from "./eights.js";
import { scalarFunction, vectorFunction } from "./functions.js";
import { loadScalar, loadVector, slotScalar, slotVector, splatOfWord } from "./loads.js";
import { type Emit, fitVector, isUnsigned, literal, type Operation } from "./operands.js";
import { SCALAR } from "./scalar-primitives.js";
import { VECTOR } from "./vector-primitives.js";

/** The value of a node that was computed, in a place; `again` where that is inside a loop deeper than the node's own. */
type Use = (again: boolean) => Instruction;

/** Where emission stands: the function, the graph of the nest, and one list of statements for each loop level. */
export class NodeEmitter {
  readonly fb: FunctionBuilder;
  readonly module: ModuleBuilder;
  readonly graph: Graph;
  readonly lists: Instruction[][];
  readonly frame: Local;
  /** Loads of neighbouring vectors, which are checked and read together. */
  runs: ReadonlyMap<Node, readonly Node[]> = new Map();
  /** Bounds checks that go in front of loops. */
  readonly hoisted = new Map<string, HoistedCheck>();

  private readonly scalars = new Map<Node, Use>();
  private readonly vectors = new Map<Node, Use>();

  constructor(fb: FunctionBuilder, graph: Graph, lists: Instruction[][], frame: Local) {
    this.fb = fb;
    this.module = fb.module;
    this.graph = graph;
    this.lists = lists;
    this.frame = frame;
  }

  operation(node: Node): Operation {
    return { fb: this.fb, module: this.module, from: node.args[0]?.dtype ?? node.dtype, dtype: node.dtype };
  }

  /** The value in lane 0 (of a node that does not vary over lanes: the value). It is computed once, at the loop level of the node. */
  scalar(node: Node, at: number): Instruction {
    if (node.data?.kind === "constant") return literal(node.dtype, node.data.value);
    if (node.data?.kind === "local") return this.fb.get(node.data.local);
    if (node.op === "lane") return i32.const(0);
    return this.once(this.scalars, node, at, REPRESENTATION[node.dtype], () => this.scalarValue(node));
  }

  /** The values in the four lanes. */
  vector(node: Node, at: number): Instruction {
    if (node.op === "constant" && node.level === at) return this.vectorValue(node);
    return this.once(this.vectors, node, at, "v128", () => this.vectorValue(node));
  }

  /** A vector that is in a local already. */
  keep(node: Node, vector: Local): void {
    this.vectors.set(node, () => this.fb.get(vector));
  }

  /** Has a value computed where the node's loop level stands when it is first asked for. */
  private once(known: Map<Node, Use>, node: Node, at: number, type: WasmType, make: () => Instruction): Instruction {
    if (!known.has(node))
      this.fb.into(this.lists[node.level]!, () => {
        const value = make();
        if (known.has(node)) return;
        const of = this.fb.once(type, value);
        known.set(node, (again) => ({ kind: "use", of, again }));
      });
    return known.get(node)!(at !== node.level);
  }

  private scalarValue(node: Node): Instruction {
    const level = node.level;
    if (node.data?.kind === "linear") return this.scalarSum(node);
    if (node.data?.kind === "slot") return slotScalar(this, node);
    if (node.data?.kind === "access") return loadScalar(this, node);
    const special = SPECIAL_SCALARS[node.op];
    if (special) return special(this, node);
    const args = node.args.map((arg) => this.scalar(arg, level));
    return scalarOp(node.op)(this.operation(node), ...args);
  }

  /** Terms of outer loops are summed there; each level adds its own. */
  private scalarSum(node: Node): Instruction {
    const { terms, constant } = linearForm(node);
    const here = [...terms].filter(([term]) => term.level === node.level);
    const outer = [...terms].filter(([term]) => term.level < node.level);
    const parts: Instruction[] = [];
    if (outer.length > 0) parts.push(this.scalar(this.graph.linear("i32", new Map(outer), constant), node.level));
    else if (constant !== 0) parts.push(i32.const(constant));
    for (const [term, coefficient] of here) {
      if (term.op === "lane") continue;
      if (coefficient === 1) parts.push(this.scalar(term, node.level));
      else parts.push(this.scalar(this.product(term, coefficient), node.level));
    }
    return parts.length === 0 ? i32.const(0) : parts.reduce((sum, part) => i32.add(sum, part));
  }

  private product(term: Node, coefficient: number): Node {
    return this.graph.node("times", "i32", [term, this.graph.constant("i32", coefficient)], { stride: term.stride });
  }

  private vectorValue(node: Node): Instruction {
    const level = node.level;
    if (node.stride === 0) return splatOfWord(this, node) ?? this.splat(node.dtype, this.scalar(node, level));
    if (node.data?.kind === "linear") return this.vectorSum(node);
    if (node.stride !== null) return i32x4.add(i32x4.splat(this.scalar(node, level)), this.ramp(node.stride, 0));
    if (node.data?.kind === "slot") return slotVector(this, node);
    const eights = EIGHTS[node.op];
    if (eights) return eights(this, node);
    if (node.data?.kind === "access") return loadVector(this, node);
    const operation = this.operation(node);
    const special = SPECIAL_VECTORS[node.op]?.(this, node);
    if (special !== undefined && special !== null) return special;
    const emit = VECTOR[node.op] ?? vectorFunction(node.op);
    if (emit) return emit(operation, ...node.args.map((arg) => this.vector(arg, level)));
    return this.laneByLane(node, operation);
  }

  private vectorSum(node: Node): Instruction {
    const { terms, constant } = linearForm(node);
    const steady = [...terms].filter(([term]) => term.stride !== null && term.op !== "lane");
    const { pairs, others: varying } = productsOfHalves([...terms].filter(([term]) => term.stride === null));
    const stride = [...terms].reduce((sum, [term, factor]) => sum + (term.stride ?? 0) * factor, 0);
    const parts: Instruction[] = [];
    if (steady.length > 0)
      parts.push(i32x4.splat(this.scalar(this.graph.linear("i32", new Map(steady), 0), node.level)));
    if (stride !== 0 || constant !== 0) parts.push(this.ramp(stride, constant));
    for (const pair of pairs) {
      const [a, b] = pair.map((word) => this.vector(word, node.level)) as [Instruction, Instruction];
      parts.push(i32x4.dot_i16x8_s(a, b));
    }
    for (const [term, coefficient] of varying) {
      const value = this.vector(term, node.level);
      parts.push(coefficient === 1 ? value : i32x4.mul(value, i32x4.splat(i32.const(coefficient))));
    }
    return parts.length === 0 ? this.ramp(0, 0) : parts.reduce((sum, part) => i32x4.add(sum, part));
  }

  ramp(stride: number, start: number): Instruction {
    const words = new Int32Array([0, 1, 2, 3].map((lane) => (start + stride * lane) | 0));
    return v128.const(new Uint8Array(words.buffer));
  }

  splat(dtype: DType, value: Instruction): Instruction {
    if (dtype === "bool") return i32x4.splat(i32.sub(i32.const(0), value));
    return VECTORS[REPRESENTATION[dtype] === "f32" ? "f32x4" : "i32x4"].splat(value);
  }

  /** One element of a vector, as a scalar of its dtype. */
  extract(dtype: DType, vector: Instruction, lane: number): Instruction {
    if (REPRESENTATION[dtype] === "f32") return f32x4.extract_lane(vector, lane);
    const word = i32x4.extract_lane(vector, lane);
    return dtype === "bool" ? i32.and(word, i32.const(1)) : word;
  }

  private replace(dtype: DType, vector: Instruction, lane: number, value: Instruction): Instruction {
    if (REPRESENTATION[dtype] === "f32") return f32x4.replace_lane(vector, lane, value);
    return i32x4.replace_lane(vector, lane, dtype === "bool" ? i32.sub(i32.const(0), value) : value);
  }

  private laneByLane(node: Node, operation: Operation): Instruction {
    const args = node.args.map((arg) => ({
      dtype: arg.dtype,
      local: this.fb.hold("v128", this.vector(arg, node.level)),
    }));
    let result = this.ramp(0, 0);
    for (let lane = 0; lane < 4; lane++) {
      const operands = args.map((arg) => this.extract(arg.dtype, this.fb.get(arg.local), lane));
      // The operand may push statements: the vector so far must be in a local before them.
      const before = this.fb.hold("v128", result);
      const value = scalarOp(node.op)(operation, ...operands);
      result = this.replace(node.dtype, this.fb.get(before), lane, value);
    }
    return result;
  }
}

/** The host's function that gives the bytes from an address to the end of its buffer, or 0. */
export const REACH = "reach";

const scalarOp = (name: string): Emit => SCALAR[name] ?? scalarFunction(name);

type Special = (emitter: NodeEmitter, node: Node) => Instruction;

const SPECIAL_SCALARS: Readonly<Record<string, Special>> = {
  /** A term of a sum. */
  times: (e, node) => {
    const [x, factor] = node.args as [Node, Node];
    return i32.mul(e.scalar(x, node.level), e.scalar(factor, node.level));
  },
  /** How many places a run of `more` + 1 elements can start at. */
  starts: (e, node) => {
    const { fb } = e;
    const [all, more] = node.args as [Node, Node];
    const count = fb.hold("i32", e.scalar(all, node.level));
    const rest = () => e.scalar(more, node.level);
    return select(i32.gt_u(fb.get(count), rest()), i32.sub(fb.get(count), rest()), i32.const(0));
  },
  /** An offset of 64 bits as one of 32; what does not fit becomes one that is outside of every buffer. */
  narrow: (e, node) => {
    const { fb } = e;
    const wide = fb.hold("i64", e.scalar(node.args[0]!, node.level));
    const word = fb.hold("i32", i32.wrap(fb.get(wide)));
    const fits = i64.eq(i64.extend_s(fb.get(word)), fb.get(wide));
    return select(fits, fb.get(word), i32.const(-1));
  },
  /** How many elements lie from an address to the end of its buffer. */
  reach: (e, node) => {
    const [address, bytes] = node.args.map((arg) => e.scalar(arg, node.level)) as [Instruction, Instruction];
    return i32.div_u(call(e.module.imported(REACH, ["i64"], "i32"), address), bytes);
  },
  smid: (e) => call(e.module.imported("smid", [], "i32")),
};

const SPECIAL_VECTORS: Readonly<Record<string, (emitter: NodeEmitter, node: Node) => Instruction | null>> = {
  div: (e, node) => {
    if (!isFloat(node.dtype)) return null;
    const [a, b] = node.args.map((arg) => e.vector(arg, node.level)) as [Instruction, Instruction];
    return f32x4.div(a, b);
  },
  shiftLeft: (e, node) => shiftVector(e, node, "shl"),
  shiftRight: (e, node) => shiftVector(e, node, isUnsigned(node.dtype) ? "shr_u" : "shr_s"),
  shiftRightLogical: (e, node) =>
    isNarrow(node.dtype) && !isUnsigned(node.dtype) ? null : shiftVector(e, node, "shr_u"),
};

/** All lanes shift by one amount; otherwise it goes lane by lane. */
function shiftVector(e: NodeEmitter, node: Node, name: "shl" | "shr_s" | "shr_u"): Instruction | null {
  const [x, amount] = node.args as [Node, Node];
  if (amount.stride !== 0) return null;
  const known = constantOf(amount);
  const by = known === null ? e.scalar(amount, node.level) : i32.const(Number(known));
  return fitVector(e.operation(node), i32x4[name](e.vector(x, node.level), by));
}

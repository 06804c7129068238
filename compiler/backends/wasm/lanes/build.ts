import { DTYPES, type DType, type Expr } from "../../../ir/index.js";
import type { Term } from "../../../ops/index.js";
import { REPRESENTATION } from "../encode/representation.js";
import { type OpExpr, opOf } from "../ops.js";
import { ExecutorError } from "../unsupported.js";
import { descriptorAccess } from "./descriptors.js";
import { UNKNOWN_FACTS } from "./facts.js";
import { constantOf, type Graph } from "./graph.js";
import type { Node, Pointer, Provenance } from "./node.js";
import { alignIndex, axisOf, flatIndex, orderOf, shapeOf, unflatten } from "./shapes.js";
import { combine } from "./simplify.js";
import type { BufferLocals, Environment, Variable } from "./variables.js";

type Index = readonly Node[];
type Build = (builder: LaneBuilder, expr: OpExpr, index: Index) => Node;

/** Turns "element `index` of this expression" into nodes. */
export class LaneBuilder {
  readonly graph: Graph;
  readonly env: Environment;
  private readonly memo = new Map<Expr, Map<string, Node>>();

  constructor(graph: Graph, env: Environment) {
    this.graph = graph;
    this.env = env;
  }

  build(expr: Expr, index: Index): Node {
    const key = index.map((one) => one.id).join(",");
    let known = this.memo.get(expr);
    if (!known) {
      known = new Map();
      this.memo.set(expr, known);
    }
    let node = known.get(key);
    if (!node) {
      node = this.make(expr, index);
      known.set(key, node);
    }
    return node;
  }

  private make(expr: Expr, index: Index): Node {
    const ahead = this.env.ahead.get(expr);
    if (ahead) return this.read(ahead, index);
    switch (expr.kind) {
      case "literal":
        return this.graph.constant(dtypeOf(expr), expr.value as number | bigint | boolean);
      case "ref": {
        const inlined = this.env.inlined.get(expr.name);
        if (inlined) return this.build(inlined, index);
        const variable = this.env.variable(expr.name);
        if (!variable) throw new ExecutorError(`${expr.name} has no value here`, expr.span);
        return this.read(variable, index);
      }
      case "op": {
        const build = SPECIAL[expr.op];
        if (build) return build(this, expr, index);
        return this.elementwise(expr, index);
      }
      default:
        throw new ExecutorError(`a ${expr.kind} where an element is computed`, expr.span);
    }
  }

  private elementwise(expr: OpExpr, index: Index): Node {
    const op = opOf(expr);
    if (!op?.elements || !op.meaning) throw new ExecutorError(`the CPU executor has no op ${expr.op}`, expr.span);
    const present = op.elements.map((name) => expr.args[name]!);
    const met =
      present.find((arg) => arg.type.kind === "tile" && arg.type.dtype !== "bool") ??
      present.find((arg) => arg.type.kind === "tile");
    const args = present.map((arg) => {
      const node = this.build(arg, alignIndex(this.graph, shapeOf(arg), index));
      // A constant that was left without a dtype takes that of what it meets.
      return arg.type.kind === "const" && met && node.dtype !== dtypeOf(met) && dtypeOf(met) !== "bool"
        ? this.convert(node, dtypeOf(met))
        : node;
    });
    const operands = args.map(({ dtype }, index): Term => ({ kind: "operand", index, dtype }));
    const result = this.term(op.meaning(expr.attrs)(...operands), args);
    return combine(this.graph, "cast", dtypeOf(expr), [result]);
  }

  private term(term: Term, operands: readonly Node[]): Node {
    if (term.kind === "operand") return operands[term.index]!;
    if (term.kind === "number") return this.graph.constant(term.dtype, term.value);
    const args = term.of.map((one) => this.term(one, operands));
    return combine(this.graph, term.does, term.dtype, args);
  }

  convert(node: Node, dtype: DType): Node {
    const stored = constantOf(node);
    // Unsigned numbers are kept in the bits of a signed one.
    const value = node.dtype === "u32" && stored !== null ? Number(stored) >>> 0 : stored;
    if (value !== null && !(DTYPES[node.dtype].kind === "float" && DTYPES[dtype].kind !== "float"))
      return this.graph.constant(dtype, value);
    return combine(this.graph, "cast", dtype, [node]);
  }

  /** An element of a stored variable. */
  read(variable: Variable, index: Index): Node {
    const { graph } = this;
    if (variable.kind === "scalar") return graph.local(variable.dtype, variable.local, variable.facts);
    if (variable.kind !== "tile") throw new ExecutorError("an address where a number is needed");
    return this.slot(variable.dtype, variable.slot, variable.shape, index);
  }

  private slot(dtype: DType, slot: number, shape: readonly number[], index: Index): Node {
    const flat = flatIndex(this.graph, shape, index);
    return this.graph.node("slot", dtype, [flat], { data: { kind: "slot", offset: slot }, key: String(slot) });
  }

  /** An element of a pointer expression. */
  pointer(expr: Expr, index: Index): Pointer {
    if (expr.kind === "ref") {
      const inlined = this.env.inlined.get(expr.name);
      if (inlined) return this.pointer(inlined, index);
      const variable = this.env.variable(expr.name);
      if (!variable) throw new ExecutorError(`${expr.name} has no value here`, expr.span);
      return this.readPointer(variable, index);
    }
    if (expr.kind !== "op") throw new ExecutorError("a pointer of unknown origin", expr.span);
    const build = POINTERS[expr.op];
    if (build) return build(this, expr, index);
    const move = MOVES[expr.op];
    if (move) return this.pointer(expr.args.x ?? expr.args.ptr!, move(this, expr, index));
    throw new ExecutorError(`the CPU executor has no ${expr.op} of pointers`, expr.span);
  }

  private readPointer(variable: Variable, index: Index): Pointer {
    const { graph } = this;
    if (variable.kind === "pointer") {
      const offset = variable.offset === null ? graph.constant("i32", 0) : graph.local("i32", variable.offset);
      return { from: this.provenance(variable.buffer), offset };
    }
    if (variable.kind !== "pointers") throw new ExecutorError("a number where an address is needed");
    const { shape, mixed } = variable;
    const offset = this.slot("i32", variable.slot, shape, index);
    if (mixed === null) return { from: this.provenance(variable.buffer), offset };
    const { params } = variable.buffer;
    const [base, count] = [mixed.base, mixed.count].map((slot) => this.slot("i32", slot, shape, index));
    return { from: { base: base!, count: count!, params }, offset };
  }

  provenance(buffer: BufferLocals): Provenance {
    return {
      base: this.graph.local("i32", buffer.base, UNKNOWN_FACTS),
      count: this.graph.local("i32", buffer.count, UNKNOWN_FACTS),
      params: buffer.params,
    };
  }

  /** An index or offset in 32 bits. */
  word(node: Node): Node {
    return combine(this.graph, REPRESENTATION[node.dtype] === "i64" ? "narrow" : "cast", "i32", [node]);
  }

  /** Both conditions, either of which may be absent. */
  both(a: Node | null, b: Node | null): Node | null {
    if (a === null || b === null) return a ?? b;
    return combine(this.graph, "and", "bool", [a, b]);
  }

  /** A read of memory, of nothing where the mask is not set. */
  load(expr: OpExpr, dtype: DType, at: Pointer, mask: Node | null, other: Node | null): Node {
    const decided = mask === null ? 1 : constantOf(mask);
    const fallback = other ?? this.graph.constant(dtype, 0);
    if (decided === 0) return fallback;
    const site = this.env.site(expr.op, at.from.params, expr.span);
    const access = { from: at.from, bytes: DTYPES[dtype].bytes, site };
    const args = [at.offset, at.from.base, at.from.count];
    if (decided === null) args.push(mask!, fallback);
    return this.graph.access("load", dtype, access, args, decided === null ? "masked" : "");
  }
}

/** The dtype of a value; constants by themselves are i32, f32 or bool, or i64 where they are too large. */
export function dtypeOf(expr: Expr): DType {
  const { type } = expr;
  if (type.kind === "tile" || type.kind === "descriptor") return type.dtype;
  if (type.kind !== "const") throw new ExecutorError(`a ${type.kind} where a number is needed`, expr.span);
  if (type.of === "float") return "f32";
  if (type.of === "bool") return "bool";
  const value = expr.kind === "literal" ? Number(expr.value) : 0;
  return value > 0x7fffffff || value < -0x80000000 ? "i64" : "i32";
}

/** Ops that only say which element of their operand is meant: the index into it. */
export const MOVES: Readonly<
  Record<string, (builder: { readonly graph: Graph }, expr: OpExpr, index: Index) => Node[]>
> = {
  expandDims: (_builder, expr, index) => {
    const axis = axisOf(Number(expr.attrs.axis), index.length);
    return index.filter((_one, at) => at !== axis);
  },
  broadcastTo: ({ graph }, expr, index) => alignIndex(graph, shapeOf(expr.args.x!), index),
  reshape: ({ graph }, expr, index) => unflatten(graph, shapeOf(expr.args.x!), flatIndex(graph, shapeOf(expr), index)),
  flip: ({ graph }, expr, index) => {
    const axis = Number(expr.attrs.axis);
    const last = graph.constant("i32", shapeOf(expr)[axis]! - 1);
    return index.map((one, at) => (at === axis ? combine(graph, "sub", "i32", [last, one]) : one));
  },
  trans: permuted,
  permute: permuted,
  multipleOf: (_builder, _expr, index) => [...index],
  maxContiguous: (_builder, _expr, index) => [...index],
  maxConstancy: (_builder, _expr, index) => [...index],
};

function permuted(_builder: unknown, expr: OpExpr, index: Index): Node[] {
  const order = orderOf(expr.attrs.order, index.length);
  const source = new Array<Node>(index.length);
  order.forEach((axis, at) => {
    source[axis] = index[at]!;
  });
  return source;
}

function choose(builder: LaneBuilder, expr: OpExpr, index: Index): Node {
  const condition = builder.build(expr.args.condition!, []);
  const decided = constantOf(condition);
  const branch = (name: "a" | "b"): Node => {
    const arg = expr.args[name]!;
    return builder.convert(builder.build(arg, alignIndex(builder.graph, shapeOf(arg), index)), dtypeOf(expr));
  };
  if (decided !== null) return branch(decided ? "a" : "b");
  return combine(builder.graph, "where", dtypeOf(expr), [condition, branch("a"), branch("b")]);
}

/** Of two tiles that are laid side by side, the one that `side` (0 or 1) names. */
function sideBySide(builder: LaneBuilder, expr: OpExpr, side: Node, index: Index): Node {
  const value = constantOf(side);
  if (value !== null) return builder.build(expr.args[value === 0 ? "a" : "b"]!, index);
  const first = combine(builder.graph, "eq", "bool", [side, builder.graph.constant("i32", 0)]);
  const args = ["a", "b"].map((name) => builder.build(expr.args[name]!, index));
  return combine(builder.graph, "where", dtypeOf(expr), [first, ...args]);
}

const optional = (builder: LaneBuilder, expr: OpExpr, name: string, index: Index): Node | null => {
  const arg = expr.args[name];
  return arg ? builder.build(arg, alignIndex(builder.graph, shapeOf(arg), index)) : null;
};

const two = (graph: Graph): Node => graph.constant("i32", 2);

const SPECIAL: Readonly<Record<string, Build>> = {
  ...Object.fromEntries(
    Object.entries(MOVES).map(([op, move]): [string, Build] => [
      op,
      (builder, expr, index) => builder.build(expr.args.x!, move(builder, expr, index)),
    ]),
  ),
  programId: ({ graph, env }, expr) => grid(graph, env.program, expr),
  numPrograms: ({ graph, env }, expr) => grid(graph, env.programs, expr),
  smid: ({ graph }) => graph.node("smid", "i32", []),
  arange: ({ graph }, expr, index) => graph.plus(index[0]!, startOf(expr)),
  zeros: ({ graph }, expr) => graph.constant(dtypeOf(expr), 0),
  full: (builder, expr) => builder.convert(builder.build(expr.args.value!, []), dtypeOf(expr)),
  cast: (builder, expr, index) => {
    const x = builder.build(expr.args.x!, index);
    return expr.args.x!.type.kind === "const"
      ? builder.convert(x, dtypeOf(expr))
      : combine(builder.graph, "cast", dtypeOf(expr), [x]);
  },
  bitcast: (builder, expr, index) =>
    combine(builder.graph, "bitcast", dtypeOf(expr), [builder.build(expr.args.x!, index)]),
  select: choose,
  // Made by `flatten`: an element by its place in row-major order.
  elementAt: (builder, expr) => {
    const x = expr.args.x!;
    return builder.build(x, unflatten(builder.graph, shapeOf(x), builder.build(expr.args.index!, [])));
  },
  join: (builder, expr, index) => sideBySide(builder, expr, index.at(-1)!, index.slice(0, -1)),
  interleave: (builder, expr, index) => {
    const last = index.at(-1)!;
    const [half, side] = ["div", "mod"].map((op) => combine(builder.graph, op, "i32", [last, two(builder.graph)]));
    return sideBySide(builder, expr, side!, [...index.slice(0, -1), half!]);
  },
  gather: (builder, expr, index) => {
    const axis = Number(expr.attrs.axis);
    const wanted = builder.word(builder.build(expr.args.index!, index));
    // An index outside gives some element of the tile: it must not give one of others.
    const last = builder.graph.constant("i32", shapeOf(expr.args.x!)[axis]! - 1);
    const inside = combine(builder.graph, "and", "i32", [wanted, last]);
    return builder.build(
      expr.args.x!,
      index.map((one, at) => (at === axis ? inside : one)),
    );
  },
  splitPart: (builder, expr, index) =>
    builder.build(expr.args.x!, [...index, builder.graph.constant("i32", Number(expr.attrs.part))]),
  load: (builder, expr, index) => {
    const at = builder.pointer(expr.args.ptr!, alignIndex(builder.graph, shapeOf(expr.args.ptr!), index));
    const other = optional(builder, expr, "other", index);
    const dtype = dtypeOf(expr);
    return builder.load(
      expr,
      dtype,
      at,
      optional(builder, expr, "mask", index),
      other && builder.convert(other, dtype),
    );
  },
  loadTensorDescriptor: (builder, expr, index) => {
    const { at, inside, padding } = descriptorAccess(builder, expr, index);
    const fill = builder.graph.constant(dtypeOf(expr), padding === "nan" ? Number.NaN : 0);
    return builder.load(expr, dtypeOf(expr), at, inside, fill);
  },
};

function grid(graph: Graph, locals: Environment["program"], expr: OpExpr): Node {
  return graph.local("i32", locals[Number(expr.attrs.axis ?? 0)]!, { min: 0, max: 2 ** 31 - 1, multiple: 1 });
}

function startOf(expr: OpExpr): number {
  const { start } = expr.attrs;
  return Array.isArray(start) ? Number(start[0] ?? 0) : Number(start ?? 0);
}

type BuildPointer = (builder: LaneBuilder, expr: OpExpr, index: Index) => Pointer;

const POINTERS: Readonly<Record<string, BuildPointer>> = {
  addPtr: (builder, expr, index) => {
    const { graph } = builder;
    const [ptr, offset] = [expr.args.ptr!, expr.args.offset!];
    const before = builder.pointer(ptr, alignIndex(graph, shapeOf(ptr), index));
    const by = builder.build(offset, alignIndex(graph, shapeOf(offset), index));
    return { from: before.from, offset: graph.add(before.offset, builder.word(by), "i32") };
  },
  toPointer: (builder, expr, index) => {
    const { graph } = builder;
    const address = builder.build(expr.args.address!, index);
    const size = graph.constant("i32", DTYPES[expr.attrs.dtype as DType].bytes);
    const from = {
      // All 32 bits count, and `reach` finds nothing behind an address that has more.
      base: combine(graph, "cast", "i32", [address]),
      count: combine(graph, "reach", "i32", [address, size]),
      params: [...builder.env.anywhere],
    };
    return { from, offset: graph.constant("i32", 0) };
  },
  where: choosePointer,
  select: choosePointer,
};

function choosePointer(builder: LaneBuilder, expr: OpExpr, index: Index): Pointer {
  const { graph } = builder;
  const condition = expr.args.condition!;
  const chosen = builder.build(condition, alignIndex(graph, shapeOf(condition), index));
  const [a, b] = ["a", "b"].map((name) =>
    builder.pointer(expr.args[name]!, alignIndex(graph, shapeOf(expr.args[name]!), index)),
  );
  const pick = (x: Node, y: Node): Node => combine(graph, "where", "i32", [chosen, x, y]);
  const params = [...new Set([...a!.from.params, ...b!.from.params])];
  return {
    from: { base: pick(a!.from.base, b!.from.base), count: pick(a!.from.count, b!.from.count), params },
    offset: pick(a!.offset, b!.offset),
  };
}

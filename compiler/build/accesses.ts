/**
 * Which arguments decide how wide a kernel's accesses of memory are. It need not be exact: what is taken for granted is checked at each launch, so
 * a wrong guess costs speed or a cubin, never a result.
 */
import { bodiesOf, type Expr, expressionsOf, type Kernel, operands, type Stmt, type Type } from "../ir/index.js";
import { OPS, shapeOf } from "../ops/index.js";

export interface AccessParams {
  /** Pointers of which more than one element is accessed at a time. */
  readonly pointers: readonly string[];
  /** Integers that are strides between neighbours in memory, where nothing else says that neighbours follow each other: worth a variant in which they are 1. */
  readonly unit: readonly string[];
  /** The other integers, those that meet in one access together. */
  readonly groups: readonly (readonly string[])[];
}

/**
 * What is known of a value. Axes are counted from the last one.
 * - `is`: it is the parameter.
 * - `sum`: the parameter is part of a sum of products, so whether the value is a multiple of 16 depends on it.
 * - `bound`: runs of equal or following elements along the axis end at multiples of the parameter.
 * - `step`: elements along the axis differ by the parameter, or by 1 where it is "".
 */
interface Fact {
  readonly kind: "is" | "sum" | "bound" | "step";
  readonly name: string;
  readonly axis: number;
}

type Facts = ReadonlyMap<string, Fact>;

const NONE: Facts = new Map();

const facts = (all: Iterable<Fact>): Facts =>
  new Map([...all].map((fact) => [`${fact.kind} ${fact.axis} ${fact.name}`, fact] as const));

const of = (from: Facts, ...kinds: readonly Fact["kind"][]): Fact[] =>
  [...from.values()].filter(({ kind }) => kinds.includes(kind));

/** Facts of all of a value, not of an axis. */
const WHOLE: ReadonlySet<Fact["kind"]> = new Set(["is", "sum"]);

const onAxes = (from: Facts, move: (axis: number) => number): Facts =>
  facts([...from.values()].map((fact) => ({ ...fact, axis: WHOLE.has(fact.kind) ? 0 : move(fact.axis) })));

/** The axes along which a value has more than one element. */
const wideAxes = (type: Type): number[] =>
  shapeOf(type).flatMap((size, index, { length }) => (size === 1 ? [] : [length - 1 - index]));

/** A comparison with the parameter, or a remainder of it, changes at its multiples. */
const bounds = (from: Facts, type: Type): Fact[] =>
  of(from, "sum").flatMap(({ name }) => wideAxes(type).map((axis): Fact => ({ kind: "bound", name, axis })));

type OpExpr = Extract<Expr, { kind: "op" }>;
type Rule = (args: Readonly<Record<string, Facts>>, node: OpExpr) => Facts;

const sums: Rule = (args) => facts(Object.values(args).flatMap((one) => of(one, "sum", "bound", "step")));

/** Elements that followed each other are as far apart as what they are multiplied by. */
const stretched = (x: Facts, by: Facts): Fact[] =>
  of(x, "step").flatMap((step) => (step.name === "" ? of(by, "is").map(({ name }) => ({ ...step, name })) : []));

const product: Rule = ({ a, b }) =>
  facts([...of(a!, "sum", "bound"), ...of(b!, "sum", "bound"), ...stretched(a!, b!), ...stretched(b!, a!)]);

const comparison: Rule = ({ a, b }, { type }) =>
  facts([...of(a!, "bound"), ...of(b!, "bound"), ...bounds(a!, type), ...bounds(b!, type)]);

const through: Rule = ({ x }) => x!;
const nothing: Rule = () => NONE;

const RULES: Readonly<Record<string, Rule>> = {
  arange: () => facts([{ kind: "step", name: "", axis: 0 }]),
  add: sums,
  sub: sums,
  addPtr: sums,
  mul: product,
  mod: ({ a, b }, { type }) => facts([...of(a!, "sum", "bound", "step"), ...bounds(b!, type)]),
  // A quotient of a multiple of 16 is as a rule none, and what is read or counted is nothing that the launch knows.
  div: nothing,
  floorDiv: nothing,
  cdiv: nothing,
  eq: comparison,
  ne: comparison,
  lt: comparison,
  le: comparison,
  gt: comparison,
  ge: comparison,
  cast: through,
  broadcastTo: through,
  multipleOf: through,
  maxContiguous: through,
  expandDims: ({ x }, { attrs, type }) => {
    const made = shapeOf(type).length - 1 - Number(attrs.axis);
    return onAxes(x!, (axis) => (axis >= made ? axis + 1 : axis));
  },
  trans: ({ x }, { attrs }) => {
    const order = attrs.order as readonly number[];
    const last = order.length - 1;
    return onAxes(x!, (axis) => last - order.indexOf(last - axis));
  },
};

/** Any other op: what its operands are bounded by, and no longer what they are. */
const ANY: Rule = (args) => facts(Object.values(args).flatMap((one) => of(one, "sum", "bound")));

interface Access {
  readonly node: OpExpr;
  readonly args: Readonly<Record<string, Facts>>;
}

/** Passes over the kernel; each carries facts one assignment further against the order of the text, which loops do once or twice. */
const MOST_PASSES = 8;

class Reach {
  readonly #known = new Map<string, Facts>();
  readonly #kernel: Kernel;
  #changed = false;
  #accesses: Access[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const { kind, name } of kernel.params)
      if (kind === "scalar" || kind === "pointer")
        this.#learn(` ${name}`, facts((["is", "sum"] as const).map((fact) => ({ kind: fact, name, axis: 0 }))));
  }

  accesses(): readonly Access[] {
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      this.#changed = false;
      this.#accesses = [];
      for (const { name, body } of this.#kernel.functions) this.#body(body, name);
      this.#body(this.#kernel.body, "");
      if (!this.#changed) break;
    }
    return this.#accesses;
  }

  #learn(name: string, more: Facts): void {
    const before = this.#known.get(name) ?? NONE;
    const after = new Map([...before, ...more]);
    if (after.size === before.size) return;
    this.#known.set(name, after);
    this.#changed = true;
  }

  #body(body: readonly Stmt[], owner: string): void {
    for (const stmt of body) {
      const values = expressionsOf(stmt).map((value) => this.#value(value, owner));
      const names = NAMES[stmt.kind]?.(stmt as never) ?? [];
      // The end of a range is no part of its numbers.
      const given = stmt.kind === "for" ? [values[0]!, values[2]!] : values;
      for (const name of names) for (const value of given) this.#learn(`${owner} ${name}`, value);
      for (const inner of bodiesOf(stmt)) this.#body(inner, owner);
    }
  }

  #value(expr: Expr, owner: string): Facts {
    if (expr.kind === "ref") return this.#known.get(`${owner} ${expr.name}`) ?? NONE;
    const values = operands(expr).map((one) => this.#value(one, owner));
    if (expr.kind === "call") return this.#call(expr.callee, values);
    if (expr.kind !== "op") return facts(values.flatMap((one) => [...one.values()]));
    const args = Object.fromEntries(Object.keys(expr.args).map((name, index) => [name, values[index]!]));
    const { reads, writes } = OPS.get(expr.op) ?? {};
    if (reads !== undefined || writes !== undefined || expr.op === "makeTensorDescriptor") {
      this.#accesses.push({ node: expr, args });
      return NONE;
    }
    return (RULES[expr.op] ?? ANY)(args, expr);
  }

  #call(callee: string, values: readonly Facts[]): Facts {
    const called = this.#kernel.functions.find(({ name }) => name === callee);
    called?.params.forEach(({ name }, index) => {
      this.#learn(`${callee} ${name}`, values[index] ?? NONE);
    });
    return this.#known.get(`${callee} ${RESULT}`) ?? NONE;
  }
}

/** No identifier. */
const RESULT = "return";

/** The names that a statement gives values to. */
const NAMES: { readonly [K in Stmt["kind"]]?: (stmt: Extract<Stmt, { kind: K }>) => readonly (string | null)[] } = {
  assign: ({ name }) => [name],
  unpack: ({ names }) => names,
  for: ({ variable }) => [variable],
  return: () => [RESULT],
};

interface Wanted {
  readonly unit?: string;
  readonly aligned: readonly string[];
}

/** What an access of memory would have aligned, or 1. Of several strides the one that the kernel names last is the innermost, as is the custom. */
function wanted({ node, args }: Access, order: readonly string[]): Wanted {
  const { reads, writes } = OPS.get(node.op) ?? {};
  const place = reads ?? writes ?? "ptr";
  if (node.op === "makeTensorDescriptor")
    return { aligned: Object.values(args).flatMap((one) => of(one, "sum").map(({ name }) => name)) };
  const pointer = node.args[place]!.type;
  if (pointer.kind !== "tile" || pointer.shape.length === 0) return { aligned: [] };
  const address = args[place]!;
  const steps = of(address, "step");
  const following = steps.filter(({ name }) => name === "").map(({ axis }) => axis);
  const strides = steps.toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name));
  const unit = following.length === 0 ? strides[0] : undefined;
  const axes = unit ? [unit.axis] : following.length > 0 ? following : wideAxes(pointer);
  const bounding = [address, args.mask ?? NONE].flatMap((one) => of(one, "bound"));
  const aligned = [...of(address, "sum"), ...bounding.filter(({ axis }) => axes.includes(axis))];
  return { unit: unit?.name, aligned: aligned.map(({ name }) => name) };
}

const known = new WeakMap<Kernel, AccessParams>();

/** The parameters of a kernel that decide how it accesses memory, in their order. */
export function accessParams(kernel: Kernel): AccessParams {
  const before = known.get(kernel);
  if (before) return before;
  const order = kernel.params.map(({ name }) => name);
  const inOrder = (names: Iterable<string>): string[] =>
    [...new Set(names)].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const accesses = new Reach(kernel).accesses().map((access) => wanted(access, order));
  const unit = inOrder(accesses.flatMap((one) => one.unit ?? []));
  const isPointer = (name: string): boolean => kernel.params[order.indexOf(name)]?.kind === "pointer";
  const groups = joined(
    accesses.map(({ aligned }) => aligned.filter((name) => !isPointer(name) && !unit.includes(name))),
  );
  const found = {
    pointers: inOrder(accesses.flatMap(({ aligned }) => aligned.filter(isPointer))),
    unit,
    groups: groups.map(inOrder).sort(([a], [b]) => order.indexOf(a!) - order.indexOf(b!)),
  };
  known.set(kernel, found);
  return found;
}

/** Sets that have a member in common as one. */
function joined(sets: readonly (readonly string[])[]): string[][] {
  const groups: Set<string>[] = [];
  for (const names of sets) {
    if (names.length === 0) continue;
    const group = new Set(names);
    for (const other of groups.filter((one) => names.some((name) => one.has(name)))) {
      for (const name of other) group.add(name);
      groups.splice(groups.indexOf(other), 1);
    }
    groups.push(group);
  }
  return groups.map((group) => [...group]);
}

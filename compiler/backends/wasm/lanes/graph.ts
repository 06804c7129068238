import { type DType, exactText, wrapped } from "../../../ir/index.js";
import { roundTo } from "../../../ops/index.js";
import type { Local } from "../encode/function.js";
import { REPRESENTATION } from "../encode/representation.js";
import { bounded, exactly, type Facts, gcd, UNKNOWN_FACTS } from "./facts.js";
import type { Access, Node, NodeData } from "./node.js";

const wraps = (dtype: DType): boolean => dtype === "i32" || dtype === "u32";

/** Integers of 32 bits as signed ones, those of 64 as bigints. */
function storedAs(dtype: DType, value: number | bigint): number | bigint {
  if (wraps(dtype)) return Number(BigInt.asIntN(32, BigInt(value)));
  return REPRESENTATION[dtype] === "i64" ? wrapped(dtype, BigInt(value)) : roundTo(dtype, Number(value));
}

/** The nodes of one loop nest, made so that equal ones are the same object. */
export class Graph {
  private readonly nodes = new Map<string, Node>();
  private count = 0;

  /** A node of any op. Its stride is 0 where no operand varies over lanes, else null, unless the caller knows better. */
  node(
    op: string,
    dtype: DType,
    args: readonly Node[],
    more: { data?: NodeData; key?: string; stride?: number | null; level?: number; facts?: Facts } = {},
  ): Node {
    const key = `${op} ${dtype} ${args.map((arg) => arg.id).join(",")} ${more.key ?? ""}`;
    const known = this.nodes.get(key);
    if (known) return known;
    const node: Node = {
      id: this.count++,
      op,
      args,
      dtype,
      level: Math.max(more.level ?? 0, ...args.map((arg) => arg.level)),
      stride: more.stride !== undefined ? more.stride : args.every((arg) => arg.stride === 0) ? 0 : null,
      facts: more.facts ?? (dtype === "bool" ? { min: 0, max: 1, multiple: 1 } : UNKNOWN_FACTS),
      data: more.data ?? null,
    };
    this.nodes.set(key, node);
    return node;
  }

  /** A number as its dtype holds it: 0.1 is another number in f16. */
  constant(dtype: DType, value: number | bigint | boolean): Node {
    const plain = typeof value === "boolean" ? Number(value) : value;
    const stored = storedAs(dtype, plain);
    const key = exactText(stored);
    const facts = typeof stored === "number" && Number.isInteger(stored) ? exactly(stored) : UNKNOWN_FACTS;
    return this.node("constant", dtype, [], { data: { kind: "constant", value: stored }, key, facts });
  }

  /** A value computed before the nest. */
  local(dtype: DType, local: Local, facts: Facts = UNKNOWN_FACTS): Node {
    return this.node("local", dtype, [], { data: { kind: "local", local }, key: String(local.index), facts });
  }

  /** The counter of a loop, 0 … last in multiples of `step`. */
  counter(level: number, local: Local, last: number, step: number): Node {
    const facts = { min: 0, max: last, multiple: step };
    return this.node("local", "i32", [], { data: { kind: "local", local }, key: String(local.index), level, facts });
  }

  /** 0, 1, 2, 3 over the lanes of a vector. */
  lane(): Node {
    return this.node("lane", "i32", [], { stride: 1, facts: { min: 0, max: 3, multiple: 0 } });
  }

  access(op: string, dtype: DType, access: Access, args: readonly Node[], key: string): Node {
    return this.node(op, dtype, args, { data: { kind: "access", access }, key });
  }

  /** Σ coefficient · node + constant in 32 bits that wrap: the one form of every sum, so that equal indices are equal nodes. */
  linear(dtype: DType, terms: ReadonlyMap<Node, number>, constant: number): Node {
    const kept = [...terms].filter(([, coefficient]) => coefficient !== 0).sort(([a], [b]) => a.id - b.id);
    if (kept.length === 0) return this.constant(dtype, constant);
    const [first, factor] = kept[0]!;
    if (kept.length === 1 && factor === 1 && constant === 0 && first.dtype === dtype) return first;
    const args = kept.map(([node]) => node);
    const coefficients = kept.map(([, coefficient]) => coefficient);
    const stride = args.reduce<number | null>(
      (sum, node, index) => (sum === null || node.stride === null ? null : sum + node.stride * coefficients[index]!),
      0,
    );
    const key = `${coefficients.join(",")};${constant}`;
    const facts = this.factsOfSum(args, coefficients, constant);
    return this.node("linear", dtype, args, { data: { kind: "linear", coefficients, constant }, key, stride, facts });
  }

  private factsOfSum(args: readonly Node[], coefficients: readonly number[], constant: number): Facts {
    let [min, max, multiple] = [constant, constant, Math.abs(constant)];
    args.forEach((node, index) => {
      const coefficient = coefficients[index]!;
      min += coefficient * (coefficient > 0 ? node.facts.min : node.facts.max);
      max += coefficient * (coefficient > 0 ? node.facts.max : node.facts.min);
      multiple = gcd(multiple, coefficient * node.facts.multiple);
    });
    return bounded(min, max, multiple);
  }

  add(a: Node, b: Node, dtype: DType = a.dtype): Node {
    return this.combine(a, 1, b, 1, dtype);
  }

  sub(a: Node, b: Node, dtype: DType = a.dtype): Node {
    return this.combine(a, 1, b, -1, dtype);
  }

  plus(a: Node, constant: number): Node {
    return this.combine(a, 1, this.constant(a.dtype, constant), 1, a.dtype);
  }

  scale(a: Node, factor: number, dtype: DType = a.dtype): Node {
    return this.combine(a, factor, this.constant(a.dtype, 0), 1, dtype);
  }

  private combine(a: Node, p: number, b: Node, q: number, dtype: DType): Node {
    const terms = new Map<Node, number>();
    let constant = 0;
    for (const [node, factor] of [
      [a, p],
      [b, q],
    ] as const) {
      const form = linearForm(node);
      for (const [atom, coefficient] of form.terms)
        terms.set(atom, ((terms.get(atom) ?? 0) + Math.imul(coefficient, factor)) | 0);
      constant = (constant + Math.imul(form.constant, factor)) | 0;
    }
    return this.linear(dtype, terms, constant);
  }
}

export interface LinearForm {
  readonly terms: ReadonlyMap<Node, number>;
  readonly constant: number;
}

/** A 32-bit node as a sum. */
export function linearForm(node: Node): LinearForm {
  if (node.data?.kind === "linear") {
    const { coefficients, constant } = node.data;
    return { terms: new Map(node.args.map((arg, index) => [arg, coefficients[index]!])), constant };
  }
  const value = constantOf(node);
  if (value !== null) return { terms: new Map(), constant: Number(value) };
  return { terms: new Map([[node, 1]]), constant: 0 };
}

export function constantOf(node: Node): number | bigint | null {
  return node.data?.kind === "constant" ? node.data.value : null;
}

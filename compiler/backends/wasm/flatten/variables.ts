import type { Expr, Span, Type } from "../../../ir/index.js";
import type { Step } from "./steps.js";

/** A value that names stand for: an expression, or one for each element of a tuple. */
export type Bound = Expr | readonly Bound[];

type Variable = Extract<Expr, { kind: "ref" }>;

export const isTuple = (value: Bound): value is readonly Bound[] => Array.isArray(value);

/** The variables of a kernel, each with a name of its own, and the steps that put values into them. */
export class Variables {
  readonly types = new Map<string, Type>();
  private count = 0;

  /** A number that no name has yet. */
  number(): number {
    return this.count++;
  }

  /** A new variable, called so if nothing else is. */
  named(name: string, type: Type, span: Span): Variable {
    const unique = this.types.has(name) ? `${name}#${this.count++}` : name;
    const kept = concrete(type);
    this.types.set(unique, kept);
    return { kind: "ref", name: unique, type: kept, span };
  }

  /** A new variable that nobody has given a name. */
  nameless(type: Type, span: Span): Variable {
    return this.named(`$${this.count++}`, type, span);
  }

  /** Variables for a result of this type, one for each element of a tuple. */
  forResult(type: Type, name: string, span: Span): Bound {
    if (type.kind === "void") return [];
    if (type.kind === "tuple") return type.items.map((item, index) => this.forResult(item, `${name}.${index}`, span));
    return this.named(name, type, span);
  }

  /** New variables with the value, one for each element of a tuple. */
  holding(value: Bound, name: string, out: Step[], span: Span): Bound {
    if (isTuple(value)) return value.map((item, index) => this.holding(item, `${name}.${index}`, out, span));
    return assigned(this.named(name, value.type, span), value, out, span);
  }

  fresh(value: Expr, out: Step[], span: Span): Expr {
    return assigned(this.nameless(value.type, span), value, out, span);
  }

  /** The value in variables of its own, so that later assignments do not change it. */
  settle(value: Bound, out: Step[], span: Span): Bound {
    if (isTuple(value)) return value.map((item) => this.settle(item, out, span));
    if (value.kind === "literal" || value.type.kind === "descriptor") return value;
    return this.fresh(value, out, span);
  }

  /** Assigns a value to variables that there are. */
  copyInto(to: Bound, from: Bound, out: Step[], span: Span): void {
    if (isTuple(to)) {
      // All items are read before the first is written: they may be the variables that are written.
      const items = (from as readonly Bound[]).map((item) => this.settle(item, out, span));
      for (const [index, item] of to.entries()) this.copyInto(item, items[index]!, out, span);
    } else if (to.kind === "ref") assigned(to, from as Expr, out, span);
  }
}

function assigned(variable: Variable, value: Expr, out: Step[], span: Span): Variable {
  out.push({ kind: "assign", name: variable.name, value, span });
  return variable;
}

/** A variable that is given constants holds numbers of a dtype. */
function concrete(type: Type): Type {
  if (type.kind !== "const") return type;
  const dtype = type.of === "float" ? "f32" : type.of === "bool" ? "bool" : "i32";
  return { kind: "tile", dtype, shape: [], pointer: false };
}

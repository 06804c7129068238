import { type Budget, type DeviceFunction, type DType, dimNames, type Param, type Stmt } from "../ir/index.js";
import type { Values } from "./choices.js";
import type { FunctionNode } from "./names.js";
import type { Leaving } from "./statements/leaving.js";
import { isConstant, type Static, symbolicOf } from "./static/value.js";
import type { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** A variable or parameter of the function being lowered. */
export interface Variable {
  readonly kind: "variable";
  /** Its name in the IR, unique in the function. */
  readonly name: string;
  readonly owner: Scope;
  /** False for `const` and for parameters. */
  readonly mutable: boolean;
  /** Its value where that is known when the kernel is built; sizes may be symbolic in Const parameters. */
  readonly fixed: Static | null;
  /** True for a Const parameter: a tuple of the running kernel cannot hold its text, nor its number as a size. */
  readonly constant?: boolean;
  /** True for a value that exists only at compile time (a list of sizes). */
  readonly absent?: boolean;
  /** True where what it stands for has a problem that is reported: whatever comes of it is none of its own. */
  readonly broken?: boolean;
  /** The dtype behind a pointer parameter, for `dtypeOf`. */
  readonly pointee?: DType;
  /** What an optional parameter of the kernel is, where the function being lowered is made for launches that give it and for others. */
  readonly optional?: Param["kind"];
  /** The Const parameters that decide it, or the optional parameter that it is. */
  readonly decidedBy?: readonly string[];
}

/** The Const parameters that decide what a variable is; none where they decide nothing, or only they do not. */
export function decidedBy({ decidedBy, fixed }: Variable): readonly string[] {
  const dim = symbolicOf(fixed);
  return decidedBy ?? (dim === null ? [] : dimNames(dim));
}

/** An object whose members are known one by one: the one a kernel takes, or one that holds functions or constants. */
export interface Members {
  readonly kind: "members";
  /** True for a list whose elements are variables of their own, which its function assigns. */
  readonly list?: boolean;
  readonly names: readonly string[];
  field(name: string): Binding | null;
}

/** A function as a value: it exists while the kernel is compiled, and is gone when the kernel runs. */
export type FunctionValue =
  /** `around` is the function that it is declared in; `name` is null where it has none of its own. */
  | {
      readonly kind: "function";
      readonly node: FunctionNode;
      readonly name: string | null;
      readonly around: Scope | null;
      /** Called on elements of tiles, with nothing beside them. */
      readonly ofElements?: boolean;
    }
  /** A function of the language. */
  | { readonly kind: "operation"; readonly name: string }
  /** `condition ? f : g`. */
  | {
      readonly kind: "choice";
      readonly condition: ts.Expression;
      readonly whenTrue: FunctionValue;
      readonly whenFalse: FunctionValue;
    };

export type Binding = Variable | Members | FunctionValue;

/** What all functions of one kernel share. */
export interface KernelScope {
  /** The kernel's own function. */
  readonly fn: ts.Node;
  readonly dtypes: ReadonlyMap<ts.Symbol, DType>;
  /** What its Const parameters may be, and those that the body is lowered for one value of. */
  readonly values: Values;
  readonly chosen: ReadonlySet<string>;
  /** Parameters that a launch may leave out. */
  readonly optional: ReadonlySet<string>;
  /** One for each choice of optional parameters that calls leave out, and of functions and constants that they pass. */
  readonly functions: Map<ts.Node, Map<string, LoweredFunction>>;
  /** Whether functions have these parameters where the front end must know a value. */
  readonly needed: Map<ts.ParameterDeclaration, boolean>;
  /** Functions of the language that are passed as values. */
  readonly operations: Map<string, string>;
  /** Callees first. */
  readonly order: DeviceFunction[];
  readonly functionNames: Names;
  /** How much deeper statements and expressions may be inside one another, those of called functions included. */
  readonly depth: Budget;
  /** What all choices of dtypes may take together. */
  readonly work: Budget;
  /** Functions whose bodies are being lowered now, each with the functions passed to it: calling one of them so is recursion. */
  readonly active: string[];
}

export interface LoweredFunction {
  readonly name: string;
  readonly parameters: readonly LoweredParameter[];
  /** Variables of other functions that the body reads, passed after the parameters. */
  readonly captured: readonly Variable[];
  /** Whether numbers of functions around it stand in it as they are. */
  readonly numbers: boolean;
  /** Functions that the call passes. */
  readonly passed: readonly ts.Node[];
}

/** How one parameter of the source becomes parameters of the IR function. */
export interface LoweredParameter {
  readonly node: ts.ParameterDeclaration;
  /** For an object or array pattern: the members taken, each a parameter of its own. */
  readonly members: readonly (string | number)[] | null;
  /** The calls leave it out. */
  readonly missing?: boolean;
}

export class Names {
  private readonly taken = new Set<string>();

  /** The name itself the first time, then `name_2`, `name_3` … */
  unique(name: string): string {
    let candidate = name;
    for (let count = 2; this.taken.has(candidate); count++) candidate = `${name}_${count}`;
    this.taken.add(candidate);
    return candidate;
  }
}

export interface ScopeFacts {
  readonly unit: Unit;
  readonly kernel: KernelScope;
  readonly name: string;
  readonly node: ts.Node;
  readonly isKernel: boolean;
  /** The function around one that is declared inside another. */
  readonly outer: Scope | null;
  /** A function that gets elements alone: the numbers around it stand in it as they are. */
  readonly ofElements?: boolean;
}

/** One function being lowered: the kernel's own, or a device function's. */
export class Scope {
  readonly unit: Unit;
  readonly kernel: KernelScope;
  readonly name: string;
  readonly node: ts.Node;
  readonly isKernel: boolean;
  readonly outer: Scope | null;
  private readonly ofElements: boolean;
  readonly names = new Names();
  readonly bindings = new Map<ts.Symbol, Binding>();
  /** Variables of functions around this one, each with the parameter that carries it in. */
  readonly captured = new Map<Variable, Variable>();
  /** Whether numbers of functions around this one stand in it as they are. */
  numbers = false;
  /** Loops around the statement being lowered. */
  loops = 0;
  /** Statements that come before the one that is being lowered, where the expression to lower next is the whole of what it computes. */
  before: Stmt[] | null = null;
  /** How the innermost of them is left early; null where nothing leaves it. */
  leaving: Leaving | null = null;

  constructor(facts: ScopeFacts) {
    this.unit = facts.unit;
    this.kernel = facts.kernel;
    this.name = facts.name;
    this.node = facts.node;
    this.isKernel = facts.isKernel;
    this.outer = facts.outer;
    this.ofElements = facts.ofElements ?? false;
  }

  declare(
    symbol: ts.Symbol,
    facts: Pick<Variable, "mutable" | "fixed" | "absent" | "broken" | "pointee" | "decidedBy">,
    name: string = symbol.name,
  ): Variable {
    const variable: Variable = { kind: "variable", ...facts, name: this.names.unique(name), owner: this };
    this.bindings.set(symbol, variable);
    return variable;
  }

  /** The binding of a symbol, here or around; null for what is not local. Members of objects are reached where they are used. */
  find(symbol: ts.Symbol): Binding | null {
    const binding = this.bindings.get(symbol) ?? this.outer?.find(symbol) ?? null;
    return binding?.kind === "variable" ? this.reach(binding) : binding;
  }

  /** A variable as this function sees it: one of another function comes in as a parameter. One that changes stays where it is. */
  reach(variable: Variable): Variable {
    if (variable.owner === this || variable.absent || variable.mutable) return variable;
    if (this.ofElements && variable.fixed !== null && isConstant(variable.fixed)) {
      this.numbers = true;
      return { ...variable, absent: true };
    }
    const around = this.outer?.reach(variable) ?? variable;
    const known = this.captured.get(around);
    if (known !== undefined) return known;
    const name = this.names.unique(around.name);
    // A symbolic size goes by the name of the parameter that carries it.
    const { fixed } = around;
    const dim = symbolicOf(fixed);
    const own: Variable =
      dim === null
        ? { ...around, name, owner: this }
        : { ...around, name, owner: this, fixed: null, decidedBy: decidedBy(around) };
    this.captured.set(around, own);
    return own;
  }
}

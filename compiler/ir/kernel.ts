import type { Attrs } from "./attrs.js";
import type { Dim } from "./dim.js";
import type { DType } from "./dtype.js";
import type { Span } from "./span.js";
import type { Shape, Type } from "./type.js";

/**
 * A kernel as plain data: structured control flow over named variables, expressions as trees, a span and a type on every node.
 *
 * Invariants (checked by `verify`):
 * - every declaration in a function has its own name (the frontend renames shadowed ones), and a variable keeps one type;
 * - dtypes are concrete and equal across the operands of an elementwise op: conversions are explicit `cast` ops;
 * - operands of an elementwise op broadcast to its shape as in NumPy (aligned right, size 1 stretches), without a node for it;
 * - sizes may be symbolic in `Const` parameters until `specialize` puts numbers in their place.
 */
export interface Kernel {
  readonly name: string;
  /** Path of the TypeScript source, relative to the project. */
  readonly file: string;
  readonly doc: string;
  readonly span: Span;
  readonly params: readonly Param[];
  /** What the type parameters stand for, for a kernel generic over dtype. */
  readonly dtypes: Readonly<Record<string, DType>>;
  readonly body: readonly Stmt[];
  /** Device functions, one instance for each signature it is called with, callees first. */
  readonly functions: readonly DeviceFunction[];
  readonly builds: readonly Build[];
  /** Constants that a launch may leave out, since they decide nothing but speed. */
  readonly tune?: readonly string[];
  /** What builds that are named elsewhere are compiled with; only where the author gave it. */
  readonly defaults?: CompileOptions;
  /** Set by `specialize`: the value of every `Const` parameter. */
  readonly constants?: Readonly<Record<string, ConstValue>>;
}

/** What a constant of a build may be. */
export type ConstValue = number | boolean | string;

/** A launch may leave an `optional` parameter out: a build's constants say by its name whether it is given. */
export type Param =
  | {
      readonly kind: "pointer";
      readonly name: string;
      readonly dtype: DType;
      readonly optional?: true;
      readonly span: Span;
    }
  | {
      readonly kind: "scalar";
      readonly name: string;
      readonly dtype: DType;
      readonly optional?: true;
      readonly span: Span;
    }
  | {
      readonly kind: "const";
      readonly name: string;
      readonly of: "int" | "float" | "bool" | "string";
      readonly span: Span;
    }
  | {
      readonly kind: "descriptor";
      readonly name: string;
      readonly dtype: DType;
      readonly block: Shape;
      /** What a load gives outside the tensor. */
      readonly padding: "zero" | "nan";
      readonly optional?: true;
      readonly span: Span;
    };

export const isOptional = (param: Param): boolean => param.kind !== "const" && param.optional === true;

/** Whether the constants of a build decide it: its value, or whether a launch gives one. */
export const isOfBuild = (param: Param): boolean => param.kind === "const" || isOptional(param);

/** Whether a build is one for launches that leave the parameter out. */
export const isLeftOut = (param: Param, { constants }: Pick<Build, "constants">): boolean =>
  isOptional(param) && constants[param.name] === false;

/** One configuration to compile: values for the constants, whether optional parameters are given, dtypes for the type parameters, and launch options. */
export interface Build extends CompileOptions {
  readonly constants: Readonly<Record<string, ConstValue>>;
  readonly dtypes: Readonly<Record<string, DType>>;
}

/** What a build may choose beside its constants, as Triton has it. */
export interface CompileOptions {
  /** Warps a program, a power of two from 1 to 32. Default 4. */
  readonly warps: number;
  /** Software-pipeline stages, 1 to 8. Default 3. */
  readonly stages: number;
  /** Programs in a cluster. Default 1. */
  readonly ctas: number;
  /** Programmatic dependent launch: the kernel calls gdcWait() before it reads what its predecessor wrote. */
  readonly pdl: boolean;
  readonly maxRegisters?: number;
  /** All programs run at once: a launch of more than fit is refused. */
  readonly cooperative?: boolean;
  /** Compiles deviceAssert into the cubin. */
  readonly debug?: boolean;
  /** Products that are added round once: Triton's enable_fp_fusion. Default true. */
  readonly fpFusion: boolean;
  /** Pointers, descriptors and integers taken as multiples of 16 in the aligned variant. Default: all. */
  readonly divisible?: readonly string[];
  /** The variants to compile instead of those that `compiler/build` derives, in the order in which a launch tries them. */
  readonly specialize?: readonly Promises[];
  /** `checked` also builds a variant without assumptions; `required` does not, and launching unaligned is an error. */
  readonly alignment: "checked" | "required";
}

/** What a variant takes for granted of its arguments: names of parameters. */
export interface Promises {
  /** Multiples of 16: pointers by bytes, integers by value. */
  readonly divisible: readonly string[];
  /** Integers that are 1. */
  readonly one: readonly string[];
}

export const NO_PROMISES: Promises = { divisible: [], one: [] };

/** The most that an author may name of one build: each is a cubin, and all are loaded. */
export const MOST_VARIANTS = 8;

/** Whether whoever keeps the second's promises keeps the first's too, so that after the first no launch reaches the second. */
export const hides = (earlier: Promises, later: Promises): boolean =>
  earlier.divisible.every((name) => later.divisible.includes(name)) &&
  earlier.one.every((name) => later.one.includes(name));

export const DEFAULT_OPTIONS: CompileOptions = {
  warps: 4,
  stages: 3,
  ctas: 1,
  pdl: false,
  fpFusion: true,
  alignment: "checked",
};

/** A function that kernels call: typed for the arguments of its calls. */
export interface DeviceFunction {
  readonly name: string;
  /** In a draft the types are what the author wrote, or `unknown`; inference makes one instance for each signature. */
  readonly params: readonly { readonly name: string; readonly type: Type }[];
  readonly body: readonly Stmt[];
  readonly result: Type;
  readonly span: Span;
}

/** A statement of the IR. */
export type Stmt =
  | {
      readonly kind: "assign";
      readonly name: string;
      readonly value: Expr;
      readonly declares: boolean;
      /** A type the author wrote on the declaration: an assertion that inference checks. */
      readonly annotation?: Type;
      readonly span: Span;
    }
  | {
      readonly kind: "unpack";
      /** Null where an element is not taken. */
      readonly names: readonly (string | null)[];
      readonly value: Expr;
      readonly declares: boolean;
      readonly span: Span;
    }
  | { readonly kind: "effect"; readonly value: Expr; readonly span: Span }
  | {
      readonly kind: "for";
      readonly variable: string;
      readonly start: Expr;
      readonly stop: Expr;
      readonly step: Expr;
      /** True for staticRange: bounds are constants and the loop is unrolled. */
      readonly static: boolean;
      /** Triton's loop options: numStages and loopUnrollFactor, lists of the one number, and flags. */
      readonly options: Attrs;
      readonly body: readonly Stmt[];
      /** Variables declared outside that the body assigns. */
      readonly carried: readonly string[];
      readonly span: Span;
    }
  | {
      readonly kind: "while";
      readonly condition: Expr;
      readonly body: readonly Stmt[];
      readonly carried: readonly string[];
      readonly span: Span;
    }
  | {
      readonly kind: "if";
      readonly condition: Expr;
      readonly then: readonly Stmt[];
      readonly else: readonly Stmt[];
      readonly carried: readonly string[];
      readonly span: Span;
    }
  | { readonly kind: "return"; readonly value: Expr | null; readonly span: Span };

/** An expression of the IR; each has its type and its place in the source. */
export type Expr =
  | {
      readonly kind: "literal";
      readonly value: number | bigint | boolean | string;
      readonly type: Type;
      readonly span: Span;
    }
  /** A variable or a parameter. */
  | { readonly kind: "ref"; readonly name: string; readonly type: Type; readonly span: Span }
  | {
      readonly kind: "op";
      /** A name in the table of `compiler/ops`. */
      readonly op: string;
      /** Operands by parameter name; an optional one that is absent is not a key. */
      readonly args: Readonly<Record<string, Expr>>;
      /** What is fixed at compile time: axis, shape, dtype, cache hints. */
      readonly attrs: Attrs;
      readonly type: Type;
      readonly span: Span;
    }
  | {
      readonly kind: "call";
      readonly callee: string;
      readonly args: readonly Expr[];
      readonly type: Type;
      readonly span: Span;
    }
  | { readonly kind: "tuple"; readonly items: readonly Expr[]; readonly type: Type; readonly span: Span }
  | { readonly kind: "element"; readonly of: Expr; readonly index: number; readonly type: Type; readonly span: Span };

/** The value of a variable that is declared without one, in a draft: inference puts a value of the type there that it is given first. */
export const UNASSIGNED = "unassigned";

/** What an op is told at compile time: a number, a truth, a text, or sizes. */
export type Attr = number | boolean | string | readonly Dim[];

import type { Diagnostic, Note } from "../diagnostics/index.js";
import type { Attrs, Expr, Span } from "../ir/index.js";
import type { PreludeName } from "./prelude.js";
import type { Meaning } from "./primitives.js";
import type { Py } from "./python.js";
import type { TileValue } from "./value.js";

export type OpNode = Extract<Expr, { kind: "op" }>;
export type Args = Readonly<Record<string, Expr>>;
export type { Attrs };

/** An op as the author wrote it, its operands typed already. Every Dim in `attrs` is in terms of `Const` parameters. */
export interface Call {
  readonly op: string;
  readonly args: Args;
  readonly attrs: Attrs;
  readonly span: Span;
}

/** What a rule may ask of the inference around it. */
export interface InferContext {
  /** Reports a problem and gives null, so that a rule can say `return context.fail(…)`. */
  fail(diagnostic: Diagnostic): null;
  warn(diagnostic: Diagnostic): void;
  /** Notes that say where these operands got their types; nothing for an expression that stands there itself. */
  origins(...operands: readonly Expr[]): readonly Note[];
  /** Warps of a program, where a build is known. */
  readonly warps?: number;
}

/**
 * What an argument of a call becomes: an operand; the operands `offset0`, `offset1` … of a list; or an attribute, which is known when the
 * kernel is built. An operand may be `null`, which is none. A `shape flag` decides the shape of the result, `integer?` may be left out, `axis` may be undefined, and `order` and the
 * operands of a `rest` take all that are left.
 */
export type Argument =
  | "operand"
  | { readonly operands: string }
  /** `tile` or `[tile, tile]`; the second is marked by the attribute `tuple`. */
  | { readonly state: string }
  /** All that is left, each an operand. */
  | { readonly rest: string }
  /** A function of the elements of these operands, as a call of it: of two states, or of one element of each. */
  | { readonly combines: string; readonly times: 1 | 2 }
  | (
      | "operand or null"
      | "integer"
      | "integer?"
      | "flag"
      | "axis"
      | "shape flag"
      | "text"
      | "shape"
      | "dtype"
      | "size"
      | "order"
    );

/** Everything about one operation of the language. Adding one touches its object, its declaration in `dsl/` and its tests. */
export interface Op {
  readonly name: string;
  /** The parameters that the language has, in order; absent for what an operator of TypeScript stands for. */
  readonly params?: Readonly<Record<string, Argument>>;
  /** Members of the options object. */
  readonly options?: Readonly<Record<string, Argument>>;
  /** What the language calls it, and which parameters a name fixes. Default: its own name. */
  readonly called?: Readonly<Record<string, Attrs>>;
  /** Operands, in order, of an op that computes each element from theirs at the same place. */
  readonly elements?: readonly string[];
  /** What such an element is, for everything that computes it: numbers, and WebAssembly. */
  meaning?(attrs: Attrs): Meaning;
  /** True where calling it does something besides writing memory. */
  readonly effect?: boolean;
  /** The operand that says where in memory it writes. */
  readonly writes?: string;
  /** The operand that says where in memory it reads; it must not run where the author has ruled it out. */
  readonly reads?: string;
  /** True where it orders what the threads of a program read and write. */
  readonly orders?: boolean;
  /** True where a CPU computes it in loops of its own, into memory; all else is computed where its elements are used. */
  readonly whole?: boolean;
  /** Rough work of one element on a CPU, in vector instructions. Default: 1. */
  readonly cost?: number;
  /** Gives the typed expression, with casts put in where dtypes mix; null after reporting a problem. */
  infer(call: Call, context: InferContext): Expr | null;
  /** What holds only for numbers, such as powers of two: asked after inference and again when constants have their values. */
  check?(node: OpNode, context: InferContext): void;
  /** Names in the prelude of the generated file that `emit` uses. */
  needs?(node: OpNode): readonly PreludeName[];
  /** Triton's spelling. `args` has the operands' text, keyed as in the IR. */
  emit(args: Readonly<Record<string, Py>>, node: OpNode): Py;
  /** The op's meaning on numbers: what constant folding computes and tests compare with. Absent where memory or the grid is involved. */
  evaluate?(args: Readonly<Record<string, TileValue>>, node: OpNode): TileValue | readonly TileValue[];
}

/** Whether calling it does something, so that it may stand as a statement and must not be dropped. */
export const hasEffect = (op: Op | undefined): boolean =>
  op !== undefined && (op.effect === true || op.writes !== undefined);

/** Whether it matters when and how often it runs. */
export const isImpure = (op: Op | undefined): boolean => hasEffect(op) || op?.reads !== undefined;

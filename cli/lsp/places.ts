import {
  type Expr,
  type Kernel,
  type Span,
  type Stmt,
  type Type,
  walkExpressions,
  walkStatements,
} from "../../compiler/ir/index.js";
import { OPS } from "../../compiler/ops/index.js";
import { parameterType } from "../../compiler/passes/index.js";

type OpNode = Extract<Expr, { kind: "op" }>;

/** A name in the source, and what is known of it. Several types where a kernel is generic, or a function is called with several. */
export interface Place {
  readonly kind: "variable" | "parameter" | "constant" | "op";
  readonly name: string;
  /** From 0, as the editor's protocol counts. */
  readonly line: number;
  readonly character: number;
  readonly types: Type[];
  /** True where the name is given, without a type that the author wrote. */
  readonly declares: boolean;
  readonly op?: OpNode;
}

/** The dots of `tl.load` too: what is called is the last name. */
const CALLEE = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\s*\.\s*)*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?=[(<])/uy;
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const NAMES_OF_PATTERN = /([\p{ID_Start}$_][\p{ID_Continue}$]*)(?!\s*:|[\p{ID_Continue}$])/gu;

/** Names in the IR are unique in their function: a second `x` is `x_2`. */
const isNamed = (unique: string, name: string): boolean => unique === name || unique.replace(/_\d+$/, "") === name;

const LINE_END = /\r\n|[\n\r\u2028\u2029]/g;

/** What is known of the names in one file, from the typed kernels of whatever file. */
export class Places {
  readonly #file: string;
  readonly #text: string;
  readonly #lines: readonly number[];
  readonly #known = new Map<string, Place>();

  /** @param file as spans name it */
  constructor(file: string, text: string, kernels: readonly Kernel[]) {
    this.#file = file;
    this.#text = text;
    this.#lines = [0, ...[...text.matchAll(LINE_END)].map(({ index, 0: end }) => index + end.length)];
    for (const kernel of kernels) {
      for (const param of kernel.params)
        if (param.span.file === file)
          this.#add(this.#offset(param.span), param.name, "parameter", parameterType(param), { declares: false });
      for (const { body } of [kernel, ...kernel.functions]) this.#read(body);
    }
  }

  all(): readonly Place[] {
    return [...this.#known.values()];
  }

  /** The name that stands at this place of the text; places count from 0. */
  at(line: number, character: number): Place | undefined {
    return this.all().find(
      (place) =>
        place.line === line && place.character <= character && character <= place.character + place.name.length,
    );
  }

  #read(body: readonly Stmt[]): void {
    walkStatements(body, (stmt) => {
      if (stmt.span.file !== this.#file || !("declares" in stmt) || !stmt.declares) return;
      if (stmt.kind === "unpack") this.#unpacked(stmt);
      else {
        const offset = this.#offset(stmt.span);
        const name = this.#match(NAME, offset)?.[0];
        // Of a variable without a value the first type comes with an assignment.
        if (name !== undefined && isNamed(stmt.name, name))
          this.#add(offset, name, "variable", stmt.value.type, { declares: stmt.annotation === undefined });
      }
    });
    walkExpressions(body, (expr) => {
      if (expr.span.file === this.#file) this.#expression(expr);
    });
  }

  #unpacked({ names, value, span }: Extract<Stmt, { kind: "unpack" }>): void {
    const from = this.#offset(span);
    if (value.type.kind !== "tuple") return;
    const pattern = this.#text.slice(from, this.#offset(value.span));
    for (const { index, 1: name } of pattern.matchAll(NAMES_OF_PATTERN)) {
      const item = names.findIndex((one) => one !== null && isNamed(one, name!));
      const type = value.type.items[item];
      if (type !== undefined) this.#add(from + index, name!, "variable", type, { declares: true });
    }
  }

  #expression(expr: Expr): void {
    const offset = this.#offset(expr.span);
    if (expr.kind === "op") {
      const found = this.#match(CALLEE, offset);
      const op = OPS.get(expr.op);
      const called = Object.keys(op?.called ?? { [expr.op]: {} });
      if (found === undefined || op?.params === undefined || !called.includes(found[1]!)) return;
      this.#add(offset + found[0].trimEnd().length - found[1]!.length, found[1]!, "op", expr.type, {
        declares: false,
        op: expr,
      });
      return;
    }
    const name = this.#match(NAME, offset)?.[0];
    if (name === undefined || offset + name.length !== this.#offset(expr.span, true)) return;
    if (expr.kind === "ref" && isNamed(expr.name, name))
      this.#add(offset, name, "variable", expr.type, { declares: false });
    if (expr.kind === "literal" && !/^(?:true|false|Infinity|NaN|undefined)$/.test(name))
      this.#add(offset, name, "constant", expr.type, { declares: false });
  }

  #add(offset: number, name: string, kind: Place["kind"], type: Type, more: Pick<Place, "declares" | "op">): void {
    const key = `${offset} ${kind}`;
    const line = this.#lines.findLastIndex((start) => start <= offset);
    const place = this.#known.get(key) ?? {
      kind,
      name,
      line,
      character: offset - this.#lines[line]!,
      types: [],
      ...more,
    };
    place.types.push(type);
    this.#known.set(key, place);
  }

  #match(pattern: RegExp, offset: number): RegExpExecArray | undefined {
    pattern.lastIndex = offset;
    return pattern.exec(this.#text) ?? undefined;
  }

  #offset({ line, column, endLine, endColumn }: Span, end = false): number {
    return end ? this.#lines[endLine - 1]! + endColumn - 1 : this.#lines[line - 1]! + column - 1;
  }
}

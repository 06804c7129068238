import type { Dim, Expr, Shape, Span, Type } from "../../../ir/index.js";
import { type Py, py } from "../../../ops/index.js";
import type { ModuleText } from "./module-text.js";
import { Names } from "./names.js";

type OpExpr = Extract<Expr, { kind: "op" }>;

/** The lines of one Python function as they are written, each with the place it comes from. */
export class FunctionText {
  readonly lines: string[] = [];
  readonly spans: (Span | null)[] = [];
  readonly names: Names;
  readonly module: ModuleText;
  private depth = 0;
  private staticLoops = 0;
  private readonly inlined = new Map<string, Py>();

  constructor(module: ModuleText, taken: Iterable<string>) {
    this.module = module;
    this.names = new Names(taken);
  }

  line(text: string, span: Span | null): void {
    this.lines.push("    ".repeat(this.depth) + text);
    this.spans.push(span);
  }

  indented(write: () => void): void {
    this.depth++;
    write();
    this.depth--;
  }

  /** Triton runs the body of a static loop once for each turn, and a constexpr cannot be given twice. */
  inStaticLoop(write: () => void): void {
    this.staticLoops++;
    write();
    this.staticLoops--;
  }

  /** Declares a constant; inside a static loop its expression stands wherever its name would. */
  declareConstant(name: string, value: Py, span: Span): void {
    if (this.staticLoops > 0) this.inlined.set(name, value);
    else this.line(`${this.names.of(name)}: tl.constexpr = ${value.text}`, span);
  }

  reference(name: string, weak: boolean): Py {
    return this.inlined.get(name) ?? py(this.names.of(name), undefined, weak);
  }

  /** A `Const` parameter or another name that is known when compiling. */
  constant(name: string): Py {
    return py(this.names.of(name), undefined, true);
  }

  /** A place for a value that nobody takes: another one each time, since Triton lets no name change its type in a branch or a loop. */
  unused(): string {
    return this.names.fresh("_");
  }

  /** The node with the names in its sizes as Python has them. */
  renamed(node: OpExpr): OpExpr {
    const attrs = Object.entries(node.attrs).map(([name, attr]) => [
      name,
      Array.isArray(attr) ? this.renamedShape(attr as Shape) : attr,
    ]);
    return { ...node, attrs: Object.fromEntries(attrs), type: this.renamedType(node.type) };
  }

  private renamedType(type: Type): Type {
    return type.kind === "tile" ? { ...type, shape: this.renamedShape(type.shape) } : type;
  }

  private renamedShape(shape: Shape): Shape {
    return shape.map((dim) => this.renamedDim(dim));
  }

  private renamedDim(dim: Dim): Dim {
    if (typeof dim === "number") return dim;
    if (dim.op === "name") return { op: "name", args: [this.names.of(dim.args[0] as string)] };
    return { op: dim.op, args: (dim.args as Dim[]).map((part) => this.renamedDim(part)) };
  }
}

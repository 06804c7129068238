import {
  type Attrs,
  type Dim,
  type Expr,
  mapSizes,
  type Shape,
  settleFlags,
  substituteDim,
  type Type,
} from "../../ir/index.js";

/** What names of constants stand for while a body is specialized. */
export class Known {
  /** Sizes by name: integer constants and turns of unrolled loops. */
  readonly dims: Map<string, Dim>;
  /** Literals by name. */
  readonly literals: Map<string, Expr>;
  /** Whether optional parameters of the kernel are given, by name: nobody sees them inside a function. */
  readonly given: Map<string, boolean>;

  constructor(from?: Known) {
    this.dims = new Map(from?.dims);
    this.literals = new Map(from?.literals);
    this.given = new Map(from?.given);
  }

  /** A `Const` parameter or the variable of an unrolled loop, in which sizes may be written. */
  set(name: string, literal: Extract<Expr, { kind: "literal" }>): void {
    this.literals.set(name, literal);
    if (typeof literal.value === "number" || typeof literal.value === "boolean")
      this.dims.set(name, Number(literal.value));
  }

  /** What a function called from here sees: sizes, and the literals of the kernel's own constants. */
  forCallee(constants: Known): Known {
    const known = new Known(constants);
    known.given.clear();
    for (const [name, dim] of this.dims) known.dims.set(name, dim);
    return known;
  }

  type(type: Type): Type {
    switch (type.kind) {
      case "tile":
        return { ...type, shape: this.shape(type.shape) };
      case "const":
        return type.dim === undefined ? type : { ...type, dim: substituteDim(type.dim, this.dims) };
      case "descriptor":
        return { ...type, block: this.shape(type.block) };
      case "tuple":
        return { ...type, items: type.items.map((item) => this.type(item)) };
      default:
        return type;
    }
  }

  shape(shape: Shape): Shape {
    return shape.map((dim) => substituteDim(dim, this.dims));
  }

  attrs(attrs: Attrs): Attrs {
    return settleFlags(mapSizes(attrs, (sizes) => this.shape(sizes)));
  }
}

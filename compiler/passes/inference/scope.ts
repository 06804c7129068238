import { assignedNames, type Expr, type Span, type Stmt, type Type, walkStatements } from "../../ir/index.js";

/** What a name stands for in a function. */
export interface Variable {
  readonly type: Type;
  /** Where it was given that type. */
  readonly span: Span;
  readonly parameter: boolean;
  /** Whether it is a number above 0 wherever it is read. */
  readonly positive: boolean;
  /** Loops around its declaration. */
  readonly depth: number;
  /** What it is, where that never changes. */
  readonly made?: Expr;
}

/** A declaration that waits for its value, and the loops around it. */
export interface Unassigned {
  readonly place: { value: Expr; readonly span: Span };
  readonly depth: number;
}

/** The names of one function, and what its statements have said so far. */
export class Scope {
  readonly variables = new Map<string, Variable>();
  readonly returns: { readonly value: Expr | null; readonly span: Span }[] = [];
  /** Names assigned somewhere after their declaration: these cannot stay constants. */
  readonly reassigned: ReadonlySet<string>;
  /** Null in the kernel itself. */
  readonly callee: string | null;
  depth = 0;
  /** Declarations without a value that nothing has been assigned to yet. */
  readonly unassigned = new Map<string, Unassigned>();

  constructor(body: readonly Stmt[], callee: string | null) {
    this.callee = callee;
    this.reassigned = assignedNames(body);
  }

  declare(
    name: string,
    type: Type,
    span: Span,
    { parameter = false, positive = false, made }: Partial<Variable> = {},
  ): void {
    this.variables.set(name, { type, span, parameter, positive, depth: this.depth, ...(made && { made }) });
  }

  /** The variables known here that a body assigns, in the order of their first assignment. */
  carried(body: readonly Stmt[]): string[] {
    const names: string[] = [];
    walkStatements(body, (stmt) => {
      const assigned = stmt.kind === "assign" ? [stmt.name] : stmt.kind === "unpack" ? stmt.names : [];
      const outer = stmt.kind === "assign" || stmt.kind === "unpack" ? !stmt.declares : false;
      for (const name of assigned)
        if (outer && name !== null && this.variables.has(name) && !names.includes(name)) names.push(name);
    });
    return names;
  }
}

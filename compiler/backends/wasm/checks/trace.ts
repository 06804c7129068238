import {
  type Expr,
  type Kernel,
  mapStatements,
  type Span,
  type Stmt,
  scalar,
  type Type,
  walkStatements,
} from "../../../ir/index.js";
import { number, of } from "../flatten/made.js";
import { opOf } from "../ops.js";

/** The op that tells the host a value; it prints with a name of its own. */
export const TRACE = "trace";

/** A line of a kernel's source whose values are to be told, of one program. */
export interface Trace {
  /** The end of its path, or all of it. */
  readonly file: string;
  readonly line: number;
  readonly program: readonly [x: number, y: number, z: number];
}

export const isFile = ({ file }: Pick<Span, "file">, wanted: string): boolean =>
  file === wanted || file.endsWith(`/${wanted}`);

const isOn = (span: Span, { file, line }: Trace): boolean => span.line === line && isFile(span, file);

interface Told {
  readonly name: string;
  readonly value: Expr;
}

/** A value with its elements where it is a tuple; pointers and what is known when a kernel is compiled are left out. */
function told(name: string, value: Expr): readonly Told[] {
  const { type, span } = value;
  if (type.kind === "tuple")
    return type.items.flatMap((item, index) =>
      told(`${name}${type.names ? `.${type.names[index]}` : `[${index}]`}`, {
        kind: "element",
        of: value,
        index,
        type: item,
        span,
      }),
    );
  return type.kind === "tile" && !type.pointer ? [{ name, value }] : [];
}

const reference = (name: string, type: Type, span: Span): Expr => ({ kind: "ref", name, type, span });

/** What a statement gives a value, and the statements that give it: what is stored or returned gets a name first. */
function given(stmt: Stmt): { readonly before: readonly Stmt[]; readonly told: readonly Told[]; readonly stmt: Stmt } {
  const plain = { before: [], told: [], stmt };
  const { span } = stmt;
  const named = (name: string, value: Expr, put: (held: Expr) => Stmt) => {
    const held = `$${name}${span.line}_${span.column}`;
    const assign: Stmt = { kind: "assign", name: held, value, declares: true, span };
    const ref = reference(held, value.type, value.span);
    return { before: [assign], told: told(name, ref), stmt: put(ref) };
  };
  switch (stmt.kind) {
    case "assign":
      return { ...plain, told: told(stmt.name, reference(stmt.name, stmt.value.type, span)) };
    case "unpack": {
      const { type } = stmt.value;
      const items = type.kind === "tuple" ? type.items : [];
      const all = stmt.names.flatMap((name, index) =>
        name === null ? [] : told(name, reference(name, items[index]!, span)),
      );
      return { ...plain, told: all };
    }
    case "effect": {
      const { value } = stmt;
      const stored = value.kind === "op" && opOf(value)?.writes !== undefined ? value.args.value : undefined;
      if (value.kind !== "op" || !stored || stored.type.kind !== "tile") return plain;
      return named("value", stored, (held) => ({ ...stmt, value: { ...value, args: { ...value.args, value: held } } }));
    }
    case "return":
      return stmt.value === null ? plain : named("returned", stmt.value, (held) => ({ ...stmt, value: held }));
    default:
      return plain;
  }
}

const VOID: Type = { kind: "void" };

/** A statement that tells values, if it is the program that is asked for. */
function tell(values: readonly Told[], { program }: Trace, span: Span): Stmt[] {
  if (values.length === 0) return [];
  const [i32, bool] = [scalar("i32"), scalar("bool")];
  const conditions = program.map((wanted, axis) =>
    of("eq", { a: of("programId", {}, i32, span, { axis }), b: number(wanted, span) }, bool, span),
  );
  const condition = conditions.reduce((a, b) => of("and", { a, b }, bool, span));
  const then = values.map(
    ({ name, value }): Stmt => ({
      kind: "effect",
      value: of(TRACE, { x: value }, VOID, span, { text: name }),
      span,
    }),
  );
  return [{ kind: "if", condition, then, else: [], carried: [], span }];
}

/** The kernel with what tells the host of values on a line: assigned, stored, returned, or a loop's variable. */
export function traceLine(kernel: Kernel, trace: Trace): Kernel {
  const change = (stmt: Stmt): readonly Stmt[] => {
    if (stmt.kind === "for") {
      if (!isOn(stmt.span, trace)) return [stmt];
      const variable = reference(stmt.variable, scalar("i32"), stmt.span);
      return [{ ...stmt, body: [...tell([{ name: stmt.variable, value: variable }], trace, stmt.span), ...stmt.body] }];
    }
    if (!isOn(stmt.span, trace)) return [stmt];
    const { before, told: values, stmt: after } = given(stmt);
    if (values.length === 0) return [stmt];
    const isLast = stmt.kind === "return" || stmt.kind === "effect";
    return isLast
      ? [...before, ...tell(values, trace, stmt.span), after]
      : [...before, after, ...tell(values, trace, stmt.span)];
  };
  return {
    ...kernel,
    body: mapStatements(kernel.body, change),
    functions: kernel.functions.map((one) => ({ ...one, body: mapStatements(one.body, change) })),
  };
}

/** The lines of a kernel, and of functions that it calls, on which `traceLine` finds something. */
export function tracedLines(kernel: Kernel): readonly { readonly file: string; readonly line: number }[] {
  const lines: { file: string; line: number }[] = [];
  for (const { body } of [kernel, ...kernel.functions])
    walkStatements(body, (stmt) => {
      if (stmt.kind === "for" || given(stmt).told.length > 0)
        lines.push({ file: stmt.span.file, line: stmt.span.line });
    });
  return lines;
}

import { dimText, shapeText } from "./dim.js";
import { type Attr, type DeviceFunction, type Expr, isOptional, type Kernel, type Param, type Stmt } from "./kernel.js";
import type { Shape, Type } from "./type.js";
import { typeText } from "./type-text.js";

const INDENT = "  ";

/** A kernel as text for people and golden files: one statement a line, the type of every name it gives. */
export function printKernel(kernel: Kernel): string {
  const binding = Object.entries(kernel.dtypes).map(([name, dtype]) => `${name} = ${dtype}`);
  const heading = `kernel ${kernel.name}${binding.length > 0 ? `<${binding.join(", ")}>` : ""}`;
  const constants = Object.entries(kernel.constants ?? {}).map(([name, value]) => `${name} = ${value}`);
  return [
    ...kernel.functions.map(printFunction),
    [
      `${heading}(${kernel.params.map(paramText).join(", ")})${constants.length > 0 ? ` where ${constants.join(", ")}` : ""} {`,
      ...printBody(kernel.body, INDENT),
      "}",
    ].join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}

function printFunction(fn: DeviceFunction): string {
  const params = fn.params.map((param) => `${param.name}: ${typeText(param.type)}`).join(", ");
  return [`function ${fn.name}(${params}): ${typeText(fn.result)} {`, ...printBody(fn.body, INDENT), "}"].join("\n");
}

const PARAMS: { readonly [K in Param["kind"]]: (param: Extract<Param, { kind: K }>) => string } = {
  pointer: (param) => `Ptr<${param.dtype}>`,
  scalar: (param) => param.dtype,
  const: (param) => `Const ${param.of}`,
  descriptor: (param) =>
    `Descriptor<${param.dtype}, ${shapeText(param.block)}>${param.padding === "nan" ? " padded with nan" : ""}`,
};

const paramText = (param: Param): string =>
  `${param.name}${isOptional(param) ? "?" : ""}: ${(PARAMS[param.kind] as (param: Param) => string)(param)}`;

const printBody = (body: readonly Stmt[], indent: string): string[] =>
  body.flatMap((stmt) => (STATEMENTS[stmt.kind] as (stmt: Stmt, indent: string) => string[])(stmt, indent));

const block = (head: string, body: readonly Stmt[], indent: string): string[] => [
  `${indent}${head} {`,
  ...printBody(body, indent + INDENT),
];

const carriedText = (names: readonly string[]): string => (names.length > 0 ? ` carrying ${names.join(", ")}` : "");

const STATEMENTS: { readonly [K in Stmt["kind"]]: (stmt: Extract<Stmt, { kind: K }>, indent: string) => string[] } = {
  assign: (stmt, indent) => [
    `${indent}${stmt.declares ? "let " : ""}${stmt.name}${stmt.declares ? typeSuffix(stmt.value.type) : ""} = ${exprText(stmt.value)}`,
  ],
  unpack: (stmt, indent) => [
    `${indent}${stmt.declares ? "let " : ""}[${stmt.names.map((name) => name ?? "_").join(", ")}]${
      stmt.declares ? typeSuffix(stmt.value.type) : ""
    } = ${exprText(stmt.value)}`,
  ],
  effect: (stmt, indent) => [`${indent}${exprText(stmt.value)}`],
  for: (stmt, indent) => {
    const options = Object.entries(stmt.options).map(
      ([key, value]) => `${key}=${Array.isArray(value) ? dimText((value as Shape)[0]!) : value}`,
    );
    const head = `for ${stmt.static ? "static " : ""}${stmt.variable} in ${exprText(stmt.start)} .. ${exprText(stmt.stop)} by ${exprText(stmt.step)}`;
    return [
      ...block(
        head + (options.length > 0 ? ` with ${options.join(", ")}` : "") + carriedText(stmt.carried),
        stmt.body,
        indent,
      ),
      `${indent}}`,
    ];
  },
  while: (stmt, indent) => [
    ...block(`while ${exprText(stmt.condition)}${carriedText(stmt.carried)}`, stmt.body, indent),
    `${indent}}`,
  ],
  if: (stmt, indent) => [
    ...block(`if ${exprText(stmt.condition)}${carriedText(stmt.carried)}`, stmt.then, indent),
    ...(stmt.else.length > 0 ? [`${indent}} else {`, ...printBody(stmt.else, indent + INDENT)] : []),
    `${indent}}`,
  ],
  return: (stmt, indent) => [`${indent}return${stmt.value === null ? "" : ` ${exprText(stmt.value)}`}`],
};

const typeSuffix = (type: Type): string => (type.kind === "unknown" ? "" : `: ${typeText(type)}`);

function attrText(attr: Attr): string {
  return Array.isArray(attr) ? shapeText(attr) : typeof attr === "string" ? JSON.stringify(attr) : String(attr);
}

function literalText(expr: Extract<Expr, { kind: "literal" }>): string {
  const text = typeof expr.value === "string" ? JSON.stringify(expr.value) : String(expr.value);
  if (expr.type.kind === "tile") return `${text}:${expr.type.dtype}`;
  const fraction = expr.type.kind === "const" && expr.type.of === "float" && Number.isInteger(expr.value);
  return fraction ? `${text}.0` : text;
}

/** An expression with ops as calls. Implicit casts are marked with a tilde. */
export function exprText(expr: Expr): string {
  switch (expr.kind) {
    case "literal":
      return literalText(expr);
    case "ref":
      return expr.name;
    case "tuple":
      return `[${expr.items.map(exprText).join(", ")}]`;
    case "element":
      return `${exprText(expr.of)}[${expr.index}]`;
    case "call":
      return `@${expr.callee}(${expr.args.map(exprText).join(", ")})`;
    case "op": {
      const { implicit, ...attrs } = expr.attrs;
      const first = Object.keys(expr.args);
      const args = Object.entries(expr.args).map(([name, arg]) => (first.length > 2 ? `${name}=` : "") + exprText(arg));
      const more = Object.entries(attrs).map(([name, attr]) => `${name}=${attrText(attr)}`);
      return `${expr.op}${implicit ? "~" : ""}(${[...args, ...more].join(", ")})`;
    }
  }
}

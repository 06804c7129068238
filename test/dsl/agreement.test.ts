import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { OPERATIONS } from "../../compiler/frontend/operations.js";
import { OPS } from "../../compiler/ops/index.js";

/** Functions of the language that are no ops: the compiler gives them a meaning of their own. */
const NO_OPS = ["dtypeOf", "kernel", "range", "staticRange"];

const FILE = fileURLToPath(new URL("../../dsl/index.ts", import.meta.url));

/** The functions of the language with the parameters of their implementation. */
function declared(): Map<string, readonly string[]> {
  const program = ts.createProgram([FILE], { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext });
  const checker = program.getTypeChecker();
  const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(FILE)!)!);
  return new Map(
    exports.flatMap((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const declaration = target.declarations?.find((one) => ts.isFunctionDeclaration(one) && one.body !== undefined);
      if (declaration === undefined || !ts.isFunctionDeclaration(declaration)) return [];
      return [[symbol.name, declaration.parameters.map((parameter) => parameter.name.getText())] as const];
    }),
  );
}

const language = declared();
const ops = [...language.keys()].filter((name) => !NO_OPS.includes(name));

test("every function of the language has an op, and every named op a function", () => {
  expect(Object.keys(OPERATIONS).sort()).toEqual(ops.sort());
  const reached = new Set(ops.map((name) => OPERATIONS[name]!.op));
  const named = [...OPS.values()].filter(({ params, options }) => params.length > 0 || options !== undefined);
  expect(named.map(({ name }) => name).filter((name) => !reached.has(name))).toEqual([]);
  expect([...reached].filter((name) => !OPS.has(name))).toEqual([]);
});

test.each(ops)("%s has the same parameters everywhere", (name) => {
  const { op, parameters, options, fixed = {} } = OPERATIONS[name]!;
  const names = parameters.map(([parameter]) => parameter);
  const hasOptions = Object.keys(options).length > 0;
  expect(language.get(name)).toEqual([...names, ...(hasOptions ? ["options"] : [])]);
  const { params, options: opOptions = [] } = OPS.get(op)!;
  // col and row fix the axis of expandDims.
  expect(params.filter((parameter) => parameter !== "options")).toEqual([...names, ...Object.keys(fixed)]);
  expect([...opOptions].sort()).toEqual(Object.keys(options).sort());
});

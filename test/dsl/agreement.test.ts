import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { OPERATIONS } from "../../compiler/frontend/operations.js";
import * as library from "../../dsl/library/index.js";

/** Functions of the language that are no ops: the compiler gives them a meaning of their own. */
const NO_OPS = ["dtypeOf", "kernel", "range", "staticRange"];

const FILE = fileURLToPath(new URL("../../dsl/index.ts", import.meta.url));

interface Declared {
  /** Parameters of the implementation. */
  readonly parameters: readonly string[];
  /** Members of its options. */
  readonly options: readonly string[];
  readonly doc: string;
  readonly examples: number;
}

/** Members of an options object; of the type of all that are left, those of the last. */
function optionNames(parameter: ts.ParameterDeclaration, checker: ts.TypeChecker): readonly string[] {
  if (parameter.name.getText() !== "options" && !/Options\b/.test(parameter.type!.getText())) return [];
  const declared = checker.getNonNullableType(checker.getTypeAtLocation(parameter));
  const type = declared.isTypeParameter() ? declared.getConstraint()! : declared;
  const last = checker.isTupleType(type) ? checker.getTypeArguments(type as ts.TypeReference).at(-1)! : type;
  const records = (last.isUnion() ? last.types : [last]).filter(({ flags }) => (flags & ts.TypeFlags.Object) !== 0);
  return records.flatMap((one) => checker.getPropertiesOfType(one).map(({ name }) => name));
}

/** The functions of the language. */
function declared(): Map<string, Declared> {
  const program = ts.createProgram([FILE], { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext });
  const checker = program.getTypeChecker();
  const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(FILE)!)!);
  return new Map(
    exports.flatMap((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const declaration = target.declarations?.find((one) => ts.isFunctionDeclaration(one) && one.body !== undefined);
      if (declaration === undefined || !ts.isFunctionDeclaration(declaration)) return [];
      const parameters = declaration.parameters.map((parameter) => parameter.name.getText());
      const all = target.declarations!.filter(ts.isFunctionDeclaration).flatMap((one) => [...one.parameters]);
      const options = [...new Set(all.flatMap((one) => optionNames(one, checker)))];
      const doc = ts.displayPartsToString(target.getDocumentationComment(checker));
      const examples = target.getJsDocTags(checker).filter(({ name }) => name === "example").length;
      return [[symbol.name, { parameters, options, doc, examples }] as const];
    }),
  );
}

const language = declared();
/** Functions that are written in the language itself. */
const LIBRARY = Object.keys(library);
const ops = [...language.keys()].filter((name) => !NO_OPS.includes(name) && !LIBRARY.includes(name));

test("every function of the language has an op, and every named op a function", () => {
  expect(Object.keys(OPERATIONS).sort()).toEqual(ops.sort());
});

test("every function says what it does, what Triton calls it, and shows a use", () => {
  for (const [name, { doc, examples }] of language) {
    expect(examples, name).toBeGreaterThan(0);
    if (!NO_OPS.includes(name) && name !== "descriptor" && name !== "mod") expect(doc, name).toContain("Triton: `");
  }
});

test.each(ops)("%s has the options of its op", (name) => {
  expect([...language.get(name)!.options].sort()).toEqual(Object.keys(OPERATIONS[name]!.options).sort());
});

test.each(ops)("%s has the parameters of its op", (name) => {
  const { parameters, options } = OPERATIONS[name]!;
  const names = parameters.map(([parameter]) => parameter);
  // Behind parameters that take all that are left TypeScript has no place for one more: overloads say that options may come last.
  const hasOptions = Object.keys(options).length > 0 && !parameters.some(([, { rest }]) => rest);
  expect(language.get(name)!.parameters).toEqual([...names, ...(hasOptions ? ["options"] : [])]);
});

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ACCEPT = at("../fixtures/dsl/accept.ts");
const REJECT = at("../fixtures/dsl/reject.ts");

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
  paths: { tilescript: [at("../../dsl/index.ts")] },
};

/** tsc's errors of a file: the line they begin on, from 0, and the first line of the message, with the lines below it. */
function errors(file: string, options: ts.CompilerOptions = {}): { line: number; message: string }[] {
  const program = ts.createProgram([file], { ...OPTIONS, ...options });
  const source = program.getSourceFile(file)!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((one) => ({
    line: source.getLineAndCharacterOfPosition(one.start ?? 0).line,
    message: ts.flattenDiagnosticMessageText(one.messageText, "\n"),
  }));
}

/** The text expected on the line after each `//!` comment. */
function expectations(file: string): { line: number; text: string }[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((text, index) => {
      const match = /^\s*\/\/! (.*)$/.exec(text);
      return match === null ? [] : [{ line: index + 1, text: match[1]! }];
    });
}

describe("plain tsc", () => {
  test("accepts kernels with no cast", () => {
    expect(errors(ACCEPT)).toEqual([]);
  });

  test("accepts them under the strictest options too", () => {
    expect(errors(ACCEPT, { noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true })).toEqual([]);
  });

  test("rejects what it can know to be wrong, and says why", () => {
    const found = errors(REJECT);
    const wanted = expectations(REJECT);
    for (const { line, text } of wanted) {
      const messages = found.filter((error) => error.line === line).map(({ message }) => message);
      expect(messages.join("\n"), `line ${line + 1} of reject.ts`).toContain(text);
    }
    expect(found.filter(({ line }) => !wanted.some((one) => one.line === line))).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import {
  type Diagnostic,
  diagnosticsToJson,
  mergeDiagnostics,
  renderDiagnostic,
  renderDiagnostics,
} from "../../../compiler/diagnostics/index.js";

const SOURCE = `import { dot } from "tilescript";
const z = x * 2;
\tacc += dot(x, z);
last line`;

const readSource = (file: string): string | null => (file === "attention.kernel.ts" ? SOURCE : null);

const at = (line: number, column: number, endColumn: number, endLine = line, file = "attention.kernel.ts") => ({
  file,
  line,
  column,
  endLine,
  endColumn,
});

const mismatch: Diagnostic = {
  severity: "error",
  code: "TS-K2003",
  message: "dot needs equal inner sizes, got Tile<[64, 32], f16> and Tile<[64, 32], f16>",
  span: at(3, 9, 18),
  notes: [{ message: "z has shape [64, 32] because of line 2", span: at(2, 1, 17) }, { message: "a bare note" }],
  hint: "did you mean dot(x, trans(z))?",
};

describe("a diagnostic as text", () => {
  test("place, message, source line with carets, notes and hint", () => {
    expect(`\n${renderDiagnostic(mismatch, { color: false, readSource })}\n`).toBe(`
attention.kernel.ts:3:9  error TS-K2003: dot needs equal inner sizes, got Tile<[64, 32], f16> and Tile<[64, 32], f16>
    3 | \tacc += dot(x, z);
      | \t       ^^^^^^^^^
   note: z has shape [64, 32] because of line 2:  const z = x * 2;
   note: a bare note
   hint: did you mean dot(x, trans(z))?
`);
  });

  test("controls of a source are shown as pictures, one for each, and lines end where TypeScript ends them", () => {
    const text = renderDiagnostic(
      {
        ...mismatch,
        message: "cannot find \x1b[2J",
        span: at(4, 9, 12, 4, "a\x1b.ts"),
        notes: [{ message: "\x9b" }, { message: "here", span: at(4, 1, 2, 4, "a\x1b.ts") }],
        hint: "try\x07 \u202e",
      },
      { color: false, readSource: () => "one\u2028two\rthree\r\n\x1b]0;\x07\ufeffx\tBAD\x7f" },
    );
    expect(`\n${text}\n`).toBe(`
a␛.ts:4:9  error TS-K2003: cannot find ␛[2J
    4 | ␛]0;␇�x\tBAD␡
      |        \t^^^
   note: �
   note: here:  ␛]0;␇�x\tBAD␡
   hint: try␇ �
`);
  });

  test("a place of several lines is marked to the end of its first one", () => {
    const text = renderDiagnostic(
      { ...mismatch, notes: [], hint: undefined, span: at(2, 7, 3, 4) },
      { color: false, readSource },
    );
    expect(text.split("\n").slice(1)).toEqual(["    2 | const z = x * 2;", "      |       ^^^^^^^^^^"]);
  });

  test("of a long line, what stands around the place is shown", () => {
    const long = `const x = ${"y + ".repeat(100)}z;`;
    const framed = (column: number, endColumn: number) =>
      renderDiagnostic(
        { ...mismatch, notes: [{ message: "here", span: at(1, 1, 2) }], span: at(1, column, endColumn) },
        { color: false, readSource: () => long },
      ).split("\n");
    const [, line, carets, note] = framed(411, 412);
    expect(line).toBe(`    1 | …${long.slice(370)}`);
    expect(line![carets!.indexOf("^")]).toBe("z");
    expect(note).toBe(`   note: here:  ${long.slice(0, 160)}…`);
    const [, whole, under] = framed(11, 413);
    expect(whole).toBe(`    1 | ${long.slice(0, 160)}…`);
    expect(under!.length).toBe(8 + 160);
  });

  test("a source that cannot be read leaves the place and the message", () => {
    const span = at(1, 1, 2, 1, "gone.ts");
    const notes = [{ message: "in f, called here", span: at(2, 1, 3) }];
    const text = renderDiagnostic(
      { ...mismatch, severity: "warning", notes, hint: undefined, span },
      { color: false, readSource },
    );
    expect(text.split("\n")).toEqual([
      "gone.ts:1:1  warning TS-K2003: dot needs equal inner sizes, got Tile<[64, 32], f16> and Tile<[64, 32], f16>",
      "   note: in f, called here (attention.kernel.ts:2:1):  const z = x * 2;",
    ]);
  });

  test("colours are used when they are asked for", () => {
    expect(renderDiagnostic(mismatch, { color: true, readSource })).toContain("\u001b[31m^^^^^^^^^\u001b[39m");
    expect(renderDiagnostic(mismatch, { color: false, readSource })).not.toContain("\u001b[");
  });

  test("several end with their number", () => {
    const warning: Diagnostic = { ...mismatch, severity: "warning" };
    const last = (all: Diagnostic[]) => renderDiagnostics(all, { color: false, readSource }).split("\n").at(-1);
    expect(last([mismatch, mismatch, warning])).toBe("2 errors, 1 warning");
    expect(last([warning])).toBe("1 warning");
    expect(renderDiagnostics([])).toBe("");
  });
});

test("diagnostics as JSON have file, line, column, code, message, notes and hint", () => {
  expect(diagnosticsToJson([mismatch])).toEqual([
    {
      file: "attention.kernel.ts",
      line: 3,
      column: 9,
      endLine: 3,
      endColumn: 18,
      severity: "error",
      code: "TS-K2003",
      message: mismatch.message,
      notes: [
        { message: "z has shape [64, 32] because of line 2", file: "attention.kernel.ts", line: 2, column: 1 },
        { message: "a bare note" },
      ],
      hint: "did you mean dot(x, trans(z))?",
    },
  ]);
});

test("merging keeps each problem once, in order, and drops tsc's echo of a described one", () => {
  const tsc = (line: number, column: number): Diagnostic => ({
    ...mismatch,
    code: "TS-K1001",
    span: at(line, column, column + 1),
  });
  const merged = mergeDiagnostics([mismatch, tsc(3, 16), { ...mismatch, notes: [] }, tsc(1, 1), tsc(3, 18)]);
  expect(merged.map(({ code, span }) => `${span.line}:${span.column} ${code}`)).toEqual([
    "1:1 TS-K1001",
    "3:9 TS-K2003",
    "3:18 TS-K1001",
  ]);
});

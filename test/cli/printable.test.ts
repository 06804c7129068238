/** What models and files say cannot steer a terminal. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { showDiagnostics } from "../../cli/report/diagnostics.js";
import { printable } from "../../cli/report/printable.js";
import type { Diagnostic } from "../../compiler/diagnostics/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const terminal = { isTTY: true };

it.each([
  ["\u001b[2J\u001b]0;title\u0007", "␛[2J␛]0;title␇"],
  ["a\rb\r\nc\td\n", "a␍b\r\nc\td\n"],
  ["\u009b31m\u007f\0", "\\x9b31m␡␀"],
  ["é 日本 👩‍🚀 ␛", "é 日本 👩‍🚀 ␛"],
])("%j on a terminal", (text, shown) => {
  expect(printable(text, terminal)).toBe(shown);
  expect(printable(text, {})).toBe(text);
});

it("no control character reaches a terminal but line ends and tabs", () => {
  const all = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit)).join("");
  const shown = printable(all, terminal);
  expect(shown.replace(/[\n\t]/g, "").search(/\p{Cc}/u)).toBe(-1);
  expect(shown.endsWith(all.slice(0xa0))).toBe(true);
});

it("source lines and messages of diagnostics are shown so too", () => {
  const file = join(temporaryFolder("printable"), "x.kernel.ts");
  writeFileSync(file, "const x = '\u001b]0;title\u0007';\n");
  const one: Diagnostic = {
    code: "TS-K1001",
    severity: "error",
    message: "odd \u001b]0;title\u0007",
    span: { file, line: 1, column: 1, endLine: 1, endColumn: 6 },
    notes: [],
  };
  const written = (stream: object): string => {
    const write = vi.fn();
    showDiagnostics([one], { ...stream, write } as unknown as NodeJS.WriteStream);
    return write.mock.calls.join("");
  };
  expect(written(terminal)).toContain("const x = '␛]0;title␇';");
  expect(written(terminal)).toContain("odd ␛]0;title␇");
  // The columns of a marked line are right only with the signs; a pipe gets them too.
  expect(written({})).toContain("const x = '␛]0;title␇';");
});

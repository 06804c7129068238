import { dirname } from "node:path";
import { typescriptError } from "../diagnostics/catalogue/frontend.js";
import type { KernelProject } from "./project.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** Where an import leads nowhere, the tsconfig.json that might have said where it leads: what is wrong with its text. */
export function reportConfigErrors(unit: Unit, project: KernelProject): void {
  const unresolved = unit.program.getSourceFiles().filter(({ fileName }) => project.isUnresolved(fileName));
  for (const folder of new Set(unresolved.map(({ fileName }) => dirname(fileName)))) {
    const path = ts.findConfigFile(folder, ts.sys.fileExists);
    const text = path === undefined ? undefined : ts.sys.readFile(path);
    if (path === undefined || text === undefined) continue;
    const source = ts.parseJsonText(path, text);
    const [first] = (source as unknown as { readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[] })
      .parseDiagnostics;
    if (first === undefined) continue;
    const message = ts.flattenDiagnosticMessageText(first.messageText, "\n").replace(/\.$/, "");
    unit.report(
      typescriptError(unit.spanOf(source, first.start, first.start + first.length), { code: first.code, message }),
    );
  }
}

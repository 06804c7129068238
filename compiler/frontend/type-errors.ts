import { typescriptError } from "../diagnostics/catalogue/frontend.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** Modules and globals of the host, which a kernel file may name but which are not loaded to check it. */
const UNRESOLVED = 2307;
const OF_THE_HOST = new Set([UNRESOLVED, 2580, 2584, 2591, 2592]);
/** "No overload matches this call", "Overload 1 of 2 … gave the following error", "The last overload gave the following error". */
const NO_OVERLOAD = new Set([2769, 2772, 2770]);

/**
 * What tsc itself says about kernels: everything in a file named `*.kernel.ts`, and in other files only inside kernels and the functions
 * they call, because such a file may be a program for Node whose libraries are not loaded here.
 */
export function reportTypeErrors(unit: Unit, source: ts.SourceFile): void {
  const regionFiles = [...unit.regions].map((node) => node.getSourceFile());
  for (const file of new Set([source, ...regionFiles])) unit.attempt(file, () => reportIn(unit, file));
}

function reportIn(unit: Unit, file: ts.SourceFile): readonly [] {
  const { program } = unit;
  const whole = /\.kernel\.[cm]?ts$/.test(file.fileName);
  const regions = [...unit.regions].filter((node) => node.getSourceFile() === file);
  const syntax = program.getSyntacticDiagnostics(file);
  const found = syntax.length > 0 ? syntax : program.getSemanticDiagnostics(file);
  for (const diagnostic of found) {
    const start = diagnostic.start ?? 0;
    const inside = regions.some((node) => node.pos <= start && start < node.end);
    const isSyntax = diagnostic.code < 2000;
    const isHostImport = OF_THE_HOST.has(diagnostic.code) && !inside;
    if (inside || isSyntax || (whole && !isHostImport) || isRelativeImport(diagnostic)) report(unit, file, diagnostic);
  }
  return [];
}

/** An import of a file that is not there matters: the names it brings have no meaning. */
function isRelativeImport(diagnostic: ts.Diagnostic): boolean {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  return diagnostic.code === UNRESOLVED && /module '\.{1,2}\//.test(text);
}

function report(unit: Unit, file: ts.SourceFile, diagnostic: ts.Diagnostic): void {
  const start = diagnostic.start ?? 0;
  const message = sentence(diagnostic.messageText);
  const span = unit.spanOf(file, start, start + (diagnostic.length ?? 0));
  unit.report(typescriptError(span, { code: diagnostic.code, message }));
}

/** tsc's first line says what is wrong; the lines below explain it in terms of the flavors' hidden keys. */
function sentence(text: string | ts.DiagnosticMessageChain): string {
  const first = typeof text === "string" ? text : innermost(text);
  const problem = /type 'Problem<"(.+?)">'/.exec(first)?.[1];
  return problem ?? first.replace(/\.$/, "");
}

/** For a call that fits no overload the interesting line is inside: the first overload is the usual one. */
function innermost(chain: ts.DiagnosticMessageChain): string {
  const next = chain.next?.[0];
  return NO_OVERLOAD.has(chain.code) && next !== undefined ? innermost(next) : chain.messageText;
}

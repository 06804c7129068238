import { parameterType, typeParameter, typescriptError } from "../diagnostics/catalogue/frontend.js";
import { isError } from "../diagnostics/index.js";
import { insteadOfSyntax, insteadOfTypes } from "./syntax-errors.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** "Cannot redeclare block-scoped variable", told of each of the two. */
const REDECLARED = new Set([2451]);
/** "Type 'T' does not satisfy the constraint", of a type parameter that is no list of dtypes. */
const NO_DTYPE = 2344;
const OPTIONAL_CONST = /Const<"\w+"> \| undefined/;
const NOTHING = /^Argument of type 'void'/;
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
  // After the first error of syntax tsc guesses.
  const found = syntax.length > 0 ? syntax.slice(0, 1) : told(unit, file, program.getSemanticDiagnostics(file));
  for (const diagnostic of found) {
    const start = diagnostic.start ?? 0;
    const inside = regions.some((node) => node.pos <= start && start < node.end);
    const isSyntax = diagnostic.code < 2000;
    const isHostImport = OF_THE_HOST.has(diagnostic.code) && !inside;
    if (inside || isSyntax || (whole && !isHostImport) || isRelativeImport(diagnostic)) report(unit, file, diagnostic);
  }
  return [];
}

/** Without what tsc says in an expression that is known to be wrong, and with each name that is declared twice once. */
function told(unit: Unit, file: ts.SourceFile, found: readonly ts.Diagnostic[]): readonly ts.Diagnostic[] {
  const known = unit.diagnostics.some(isError) ? [...unit.poisoned].filter((one) => one.getSourceFile() === file) : [];
  const typeParameters = unit.diagnostics.some(({ code }) => code === typeParameter.entry.code);
  const parameters = unit.diagnostics.some(({ code }) => code === parameterType.entry.code);
  const follows = (one: ts.Diagnostic): boolean => {
    const { start = 0, length = 0 } = one;
    const end = start + length;
    if (typeParameters && one.code === NO_DTYPE) return true;
    if (parameters && OPTIONAL_CONST.test(sentence(one.messageText))) return true;
    // What gives nothing is told where it was to be a value.
    if (NOTHING.test(sentence(one.messageText)) && ts.isIdentifier(nodeAt(file, start, end))) return true;
    return known.some(
      (node) =>
        (node.getStart() <= start && start < node.getEnd()) || (start <= node.getStart() && node.getEnd() <= end),
    );
  };
  const later = new Map(found.map((one) => [REDECLARED.has(one.code) ? String(one.messageText) : one, one]));
  return [...later.values()].filter((one) => !follows(one));
}

/** An import of a file that is not there matters: the names it brings have no meaning. */
function isRelativeImport(diagnostic: ts.Diagnostic): boolean {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  return diagnostic.code === UNRESOLVED && /module '\.{1,2}\//.test(text);
}

function report(unit: Unit, file: ts.SourceFile, diagnostic: ts.Diagnostic): void {
  const start = diagnostic.start ?? 0;
  const message = sentence(diagnostic.messageText);
  const node = nodeAt(file, start, start + (diagnostic.length ?? 0));
  const end = Math.max(start + (diagnostic.length ?? 0), wholeOf(node, diagnostic.code)?.getEnd() ?? 0);
  const instead =
    diagnostic.code < 2000 ? insteadOfSyntax(file, start) : insteadOfTypes(unit, diagnostic.code, message, node);
  unit.report(typescriptError(unit.spanOf(file, start, end), { code: diagnostic.code, message, instead }));
}

/** The innermost node that holds a piece of the source. */
function nodeAt(file: ts.SourceFile, start: number, end: number): ts.Node {
  let node: ts.Node = file;
  for (let next: ts.Node | undefined = node; next !== undefined; ) {
    node = next;
    next = ts.forEachChild(node, (child) => (child.getStart() <= start && end <= child.getEnd() ? child : undefined));
  }
  return node;
}

/** What a message is about where tsc points at its first word only: the member whose name it is, the call whose function it is. */
function wholeOf(node: ts.Node, code: number): ts.Node | undefined {
  const { parent } = node;
  if (parent === undefined) return undefined;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return parent;
  return code === 2769 && ts.isCallExpression(parent) && parent.expression === node ? parent : undefined;
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

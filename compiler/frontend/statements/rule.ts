import type { Stmt } from "../../ir/index.js";
import type { Scope } from "../scope.js";
import type { ts } from "../typescript.mjs";

/** How one kind of statement becomes statements of the IR. Problems are reported; the statements after it are still lowered. */
export type StatementRule = (node: never, scope: Scope) => readonly Stmt[];

export type StatementRules = Readonly<Partial<Record<ts.SyntaxKind, StatementRule>>>;

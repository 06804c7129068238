import { Budget, type DeviceFunction, type Kernel, type Stmt, walkStatements } from "../../ir/index.js";
import type { InferContext } from "../../ops/index.js";
import type { Instance } from "./calls.js";
import { contextFor, Problems } from "./context.js";
import type { Scope } from "./scope.js";

/** What the inference of one kernel keeps across its functions. */
export class Inference {
  readonly problems = new Problems();
  readonly drafts: ReadonlyMap<string, DeviceFunction>;
  /** By name and types of the arguments; in the order they were finished, so callees come first. */
  readonly instances = new Map<string, Instance>();
  /** Names that sizes are written in, also inside device functions (constants, variables of static loops), and whose they are. */
  readonly sizeNames = new Map<string, string>();
  /** The kernel's constants that are true or false. */
  readonly flags: ReadonlySet<string>;
  /** How much deeper statements and expressions may be inside one another, those of called functions included. */
  readonly depth = new Budget("nesting");
  private readonly operations = new Budget("operations");
  private readonly work: Budget;
  private readonly names: Set<string>;

  constructor(kernel: Kernel, work: Budget) {
    this.work = work;
    this.drafts = new Map(kernel.functions.map((fn) => [fn.name, fn]));
    for (const param of kernel.params) if (param.kind === "const") this.sizeNames.set(param.name, kernel.name);
    for (const name of staticVariables(kernel.body)) this.sizeNames.set(name, kernel.name);
    this.flags = new Set(kernel.params.flatMap((one) => (one.kind === "const" && one.of === "bool" ? [one.name] : [])));
    this.names = new Set([kernel.name]);
  }

  /** Counts an expression that is typed. */
  spend(): void {
    this.operations.spend();
    this.work.spend();
  }

  context(scope: Scope): InferContext {
    return contextFor(this.problems, scope);
  }

  /** The name of a function for its first instance, numbered after that. */
  freshName(name: string): string {
    let fresh = name;
    for (let index = 2; this.names.has(fresh); index++) fresh = `${name}_${index}`;
    this.names.add(fresh);
    return fresh;
  }
}

/** Variables of the static loops of a body: sizes may be written in them. */
export const staticVariables = (body: readonly Stmt[]): readonly string[] => {
  const found: string[] = [];
  walkStatements(body, (stmt) => {
    if (stmt.kind === "for" && stmt.static) found.push(stmt.variable);
  });
  return found;
};

import {
  type DeviceFunction,
  declaredNames,
  type Kernel,
  renameIn,
  type Stmt,
  walkStatements,
} from "../../ir/index.js";
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
  private readonly names: Set<string>;

  constructor(kernel: Kernel) {
    this.drafts = withOwnNames(kernel);
    this.names = new Set([kernel.name]);
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

const staticVariables = (body: readonly Stmt[]): string[] => {
  const found: string[] = [];
  walkStatements(body, (stmt) => {
    if (stmt.kind === "for" && stmt.static) found.push(stmt.variable);
  });
  return found;
};

/**
 * Device functions whose names say something else than the kernel's: sizes inside them are written in the kernel's constants and in
 * the variables of static loops around the call, so a local of the same name would be taken for one.
 */
function withOwnNames(kernel: Kernel): ReadonlyMap<string, DeviceFunction> {
  const taken = new Set(kernel.params.flatMap((param) => (param.kind === "const" ? [param.name] : [])));
  for (const name of staticVariables(kernel.body)) taken.add(name);
  return new Map(
    kernel.functions.map((fn) => {
      const own = [...fn.params.map(({ name }) => name), ...declaredNames(fn.body)];
      const fresh = new Map(own.filter((name) => taken.has(name)).map((name) => [name, `${name}_of_${fn.name}`]));
      const body = renameIn(fn.body, fresh);
      for (const name of staticVariables(body)) taken.add(name);
      const params = fn.params.map((param) => ({ ...param, name: fresh.get(param.name) ?? param.name }));
      return [fn.name, { ...fn, params, body }];
    }),
  );
}

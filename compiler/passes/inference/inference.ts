import type { DeviceFunction, Kernel } from "../../ir/index.js";
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
    this.drafts = new Map(kernel.functions.map((fn) => [fn.name, fn]));
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

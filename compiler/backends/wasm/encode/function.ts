import { block, br, br_if, type Instruction, i32, local, loop, type Named } from "./instructions.js";
import type { ModuleBuilder } from "./module.js";
import type { WasmType } from "./representation.js";

export interface Local {
  readonly index: number;
  readonly type: WasmType;
}

/** A function under construction: its locals, and the list that statements go to. */
export class FunctionBuilder {
  readonly module: ModuleBuilder;
  readonly name: string;
  readonly params: readonly Local[];
  private readonly locals: Local[];
  private readonly result: WasmType | null;
  private target: Instruction[] = [];
  private labels = 0;

  constructor(module: ModuleBuilder, name: string, params: readonly WasmType[], result: WasmType | null) {
    this.module = module;
    this.name = name;
    this.params = params.map((type, index) => ({ index, type }));
    this.locals = [...this.params];
    this.result = result;
  }

  local(type: WasmType): Local {
    const made = { index: this.locals.length, type };
    this.locals.push(made);
    return made;
  }

  get({ index }: Local): Instruction {
    return local.get(index);
  }

  push(statement: Instruction): void {
    this.target.push(statement);
  }

  set({ index }: Local, value: Instruction): void {
    this.push(local.set(index, value));
  }

  /** A new local with a value, for one that is used more than once: an instruction in two places is done twice. */
  hold(type: WasmType, value: Instruction): Local {
    const made = this.local(type);
    this.set(made, value);
    return made;
  }

  /** The same for one that may turn out to be used once: then it needs no local. */
  once(type: WasmType, value: Instruction): Named {
    const named: Named = { kind: "let", type, value };
    this.push(named);
    return named;
  }

  /** Runs `build` with its statements going to `list`. */
  into<T>(list: Instruction[], build: () => T): T {
    const before = this.target;
    this.target = list;
    try {
      return build();
    } finally {
      this.target = before;
    }
  }

  /** The statements of `build`. */
  private list(build: () => void): readonly Instruction[] {
    const list: Instruction[] = [];
    this.into(list, build);
    return list;
  }

  label(prefix: string): string {
    return `${prefix}${this.labels++}`;
  }

  if(condition: Instruction, then: () => void, otherwise: () => void = () => undefined): void {
    this.push({ kind: "if", condition, then: this.list(then), otherwise: this.list(otherwise) });
  }

  /** A block that `br(label)` leaves. */
  scope(label: string, build: () => void): void {
    this.push(block(label, this.list(build)));
  }

  /** Runs `build` for counter = 0, step, 2·step … below `stop`, at least once. */
  count(counter: Local, stop: number, step: number, build: () => void): void {
    const label = this.label("count");
    this.set(counter, i32.const(0));
    const body = this.list(() => {
      build();
      const next = local.tee(counter.index, i32.add(this.get(counter), i32.const(step)));
      this.push(br_if(label, i32.lt_u(next, i32.const(stop))));
    });
    this.push(loop(label, body));
  }

  /** Repeats `build` until it leaves through `br(exit)`. */
  forever(build: (exit: string) => void): void {
    const [again, exit] = [this.label("again"), this.label("exit")];
    this.scope(exit, () => {
      const body = this.list(() => {
        build(exit);
        this.push(br(again));
      });
      this.push(loop(again, body));
    });
  }

  /** Adds the function to the module. With a result, `value` is what it gives. */
  finish(value?: Instruction): void {
    if (value !== undefined) this.push(value);
    const { name, result, target: body } = this;
    const [params, locals] = [this.params, this.locals.slice(this.params.length)].map((all) =>
      all.map(({ type }) => type),
    );
    this.module.define({ name, params: params!, result, locals: locals!, body });
  }
}

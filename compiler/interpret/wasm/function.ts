import type { ModuleBuilder, Ref } from "./module.js";
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
  private readonly result: WasmType | "none";
  private target: Ref[] = [];
  private labels = 0;

  constructor(module: ModuleBuilder, name: string, params: readonly WasmType[], result: WasmType | "none") {
    this.module = module;
    this.name = name;
    this.params = params.map((type, index) => ({ index, type }));
    this.locals = [...this.params];
    this.result = result;
  }

  get m() {
    return this.module.m;
  }

  local(type: WasmType): Local {
    const local = { index: this.locals.length, type };
    this.locals.push(local);
    return local;
  }

  get(local: Local): Ref {
    return this.m.local.get(local.index, this.module.types[local.type]);
  }

  push(statement: Ref): void {
    this.target.push(statement);
  }

  set(local: Local, value: Ref): void {
    this.push(this.m.local.set(local.index, value));
  }

  /** A new local with a value. An expression node may stand in one place only, so what is used twice needs one. */
  hold(type: WasmType, value: Ref): Local {
    const local = this.local(type);
    this.set(local, value);
    return local;
  }

  /** Runs `build` with its statements going to `list`. */
  into<T>(list: Ref[], build: () => T): T {
    const before = this.target;
    this.target = list;
    try {
      return build();
    } finally {
      this.target = before;
    }
  }

  block(build: () => void): Ref {
    const list: Ref[] = [];
    this.into(list, build);
    return this.m.block(null, list);
  }

  label(prefix: string): string {
    return `${prefix}${this.labels++}`;
  }

  if(condition: Ref, then: () => void, otherwise?: () => void): void {
    const no = otherwise && this.block(otherwise);
    this.push(this.m.if(condition, this.block(then), no as Ref));
  }

  /** A block that `m.br(label)` leaves. */
  scope(label: string, build: () => void): void {
    const list: Ref[] = [];
    this.into(list, build);
    this.push(this.m.block(label, list));
  }

  /** Runs `build` for counter = 0, step, 2·step … below `stop`, at least once. */
  count(counter: Local, stop: number, step: number, build: () => void): void {
    const label = this.label("count");
    this.set(counter, this.m.i32.const(0));
    const list: Ref[] = [];
    this.into(list, () => {
      build();
      const next = this.m.i32.add(this.get(counter), this.m.i32.const(step));
      const more = this.m.i32.lt_u(
        this.m.local.tee(counter.index, next, this.module.types.i32),
        this.m.i32.const(stop),
      );
      this.push(this.m.br_if(label, more));
    });
    this.push(this.m.loop(label, this.m.block(null, list)));
  }

  /** Repeats `build` until it leaves through `m.br(exit)`. */
  forever(build: (exit: string) => void): void {
    const [again, exit] = [this.label("again"), this.label("exit")];
    this.scope(exit, () => {
      const list: Ref[] = [];
      this.into(list, () => {
        build(exit);
        this.push(this.m.br(again));
      });
      this.push(this.m.loop(again, this.m.block(null, list)));
    });
  }

  /** Adds the function to the module. With a result, `value` is what it gives. */
  finish(value?: Ref): void {
    if (value !== undefined) this.push(value);
    const { types } = this.module;
    const vars = this.locals.slice(this.params.length).map((local) => types[local.type]);
    const body = this.m.block(null, this.target, types[this.result]);
    this.m.addFunction(
      this.name,
      this.module.typeList(this.params.map((param) => param.type)),
      types[this.result],
      vars,
      body,
    );
  }
}

import type { Expr, Kernel, Type } from "../../../ir/index.js";
import { type ArgumentLayout, HEADER_BYTES } from "../argument-layout.js";
import type { AccessSite } from "../cpu-kernel.js";
import { loadElement } from "../emit/memory.js";
import type { FunctionBuilder, Local } from "../encode/function.js";
import { global, type Instruction, i32 } from "../encode/instructions.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import type { Inlined } from "../fuse/decide.js";
import type { Fused } from "../fuse/fuse.js";
import { ANYWHERE } from "../fuse/provenance.js";
import { elements, sizes } from "../lanes/shapes.js";
import type { BufferLocals, Environment, SiteFacts, Variable } from "../lanes/variables.js";
import { ExecutorError } from "../unsupported.js";

const ALIGN = 16;

/** The globals that hold which program runs. */
export const AXES = ["x", "y", "z"] as const;

/** The variables of a kernel: parameters read from the argument block, numbers in locals, tiles in the worker's frame. */
export class KernelScope implements Environment {
  readonly inlined: Inlined;
  readonly ahead = new Map<Expr, Variable>();
  readonly program: readonly Local[];
  readonly programs: readonly Local[];
  readonly sites: AccessSite[] = [];
  private readonly siteNumbers = new Map<string, number>();
  private readonly variables = new Map<string, Variable>();
  private readonly buffers = new Map<string, BufferLocals>();
  private readonly fb: FunctionBuilder;
  private readonly fused: Fused;
  /** End of what variables take of the frame; intermediate tiles lie above it. */
  private top = 0;
  private most = 0;

  constructor(fb: FunctionBuilder, kernel: Kernel, layout: ArgumentLayout, fused: Fused) {
    this.fb = fb;
    this.fused = fused;
    this.inlined = fused.inlined;
    const block = () => fb.get(fb.params[0]!);
    this.programs = [0, 4, 8].map((offset) => fb.hold("i32", i32.load(offset, block())));
    this.program = AXES.map((_axis, index) => fb.hold("i32", global.get(index)));
    if (layout.bytes < HEADER_BYTES) throw new ExecutorError("the argument block has no header", kernel.span);
    for (const slot of layout.slots) this.parameter(slot, block);
    this.reserveTiles();
  }

  private parameter(slot: ArgumentLayout["slots"][number], block: () => Instruction): void {
    const { fb } = this;
    const word = (offset: number): Local => fb.hold("i32", i32.load(offset, block()));
    const { name } = slot;
    if (slot.kind === "const") return;
    if (slot.kind === "scalar") {
      const local = fb.local(REPRESENTATION[slot.dtype]);
      const operation = { fb, module: fb.module, from: slot.dtype, dtype: slot.dtype };
      fb.set(local, loadElement(operation, slot.dtype, block(), slot.offset));
      this.variables.set(name, { kind: "scalar", dtype: slot.dtype, local });
      return;
    }
    const buffer = { base: word(slot.offset), count: word(slot.offset + 4), params: [name] };
    this.buffers.set(name, buffer);
    const { dtype } = slot;
    if (slot.kind === "pointer") {
      this.variables.set(name, { kind: "pointer", dtype, offset: null, buffer });
      return;
    }
    const rank = slot.block.length;
    const words = (from: number): Local[] => slot.block.map((_size, axis) => word(slot.offset + from + 4 * axis));
    const [shape, strides] = [words(8), words(8 + 4 * rank)];
    const { block: size, padding } = slot;
    this.variables.set(name, { kind: "descriptor", dtype, block: size, padding, offset: null, buffer, shape, strides });
  }

  /** Tiles that are stored keep their place for the whole kernel. */
  private reserveTiles(): void {
    for (const [name, type] of this.fused.variables) {
      if (type.kind !== "tile" || type.shape.length === 0 || this.inlined.has(name)) continue;
      this.variables.set(name, this.tileVariable(name, type));
    }
  }

  private tileVariable(name: string, type: Extract<Type, { kind: "tile" }>): Variable {
    const shape = sizes(type.shape, { span: { file: name, line: 0, column: 0, endLine: 0, endColumn: 0 } });
    const { dtype } = type;
    if (!type.pointer)
      return { kind: "tile", dtype, shape, slot: this.take(elements(shape) * BYTES[REPRESENTATION[dtype]]) };
    const words = (): number => this.take(elements(shape) * 4);
    const params = [...(this.fused.origins.get(name) ?? [])];
    const mixed = params.length > 1 ? { base: words(), count: words() } : null;
    return { kind: "pointers", dtype, shape, slot: words(), mixed, buffer: this.bufferOf(params) };
  }

  /** The buffer of the only parameter, or locals that follow the pointer. */
  private bufferOf(params: readonly string[]): BufferLocals {
    const known = params.length === 1 ? this.buffers.get(params[0]!) : undefined;
    return known ?? { base: this.fb.local("i32"), count: this.fb.local("i32"), params };
  }

  private take(bytes: number): number {
    const slot = this.top;
    this.top += Math.ceil(bytes / ALIGN) * ALIGN;
    this.most = Math.max(this.most, this.top);
    return slot;
  }

  temporary(
    dtype: Extract<Variable, { kind: "tile" }>["dtype"],
    shape: readonly number[],
  ): Extract<Variable, { kind: "tile" }> {
    return { kind: "tile", dtype, shape, slot: this.take(elements(shape) * BYTES[REPRESENTATION[dtype]]) };
  }

  /** Runs one statement; its intermediate results end with it. */
  statement(build: () => void): void {
    const { top } = this;
    build();
    this.top = top;
    this.ahead.clear();
  }

  get anywhere(): ReadonlySet<string> {
    return this.fused.origins.get(ANYWHERE)!;
  }

  get frameBytes(): number {
    return this.most;
  }

  variable(name: string): Variable | undefined {
    return this.variables.get(name);
  }

  /** The variable that a step assigns, made at its first assignment. */
  target(name: string, value: Expr): Variable {
    const known = this.variables.get(name);
    if (known) return known;
    const type = this.fused.variables.get(name) ?? value.type;
    if (type.kind !== "tile") throw new ExecutorError(`${name} holds a ${type.kind}`, value.span);
    const { dtype } = type;
    const made: Variable = type.pointer
      ? {
          kind: "pointer",
          dtype,
          offset: this.fb.local("i32"),
          buffer: this.bufferOf([...(this.fused.origins.get(name) ?? [])]),
        }
      : { kind: "scalar", dtype, local: this.fb.local(REPRESENTATION[dtype]) };
    this.variables.set(name, made);
    return made;
  }

  define(name: string, variable: Variable): void {
    this.variables.set(name, variable);
  }

  site(op: string, params: readonly string[], span: Expr["span"], more: SiteFacts = {}): number {
    const key = `${op} ${params.join(",")} ${span.file}:${span.line}:${span.column} ${JSON.stringify(more)}`;
    let number = this.siteNumbers.get(key);
    if (number === undefined) {
      number = this.sites.push({ op, params, span, ...more }) - 1;
      this.siteNumbers.set(key, number);
    }
    return number;
  }
}

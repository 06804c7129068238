import { Bytes, unsigned } from "./bytes.js";
import { type Instruction, local, type Named } from "./instructions.js";
import { shared } from "./named.js";
import type { WasmType } from "./representation.js";

/* A module as bytes: chapter 5 of WebAssembly's specification, "Binary format". */

const TYPES: Readonly<Record<WasmType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

export interface Signature {
  readonly params: readonly WasmType[];
  readonly result: WasmType | null;
}

/** A function of the host's. */
export interface ImportedFunction extends Signature {
  readonly name: string;
}

export interface DefinedFunction extends Signature {
  readonly name: string;
  /** Types of its locals, without its parameters. */
  readonly locals: readonly WasmType[];
  readonly body: readonly Instruction[];
}

/** What a kernel's module is made of. It has one memory, which is imported and shared, and all that it imports is of `env`. */
export interface ModuleParts {
  readonly memory: { readonly name: string; readonly pages: number; readonly mostPages: number };
  readonly imports: readonly ImportedFunction[];
  /** Numbers of type i32 that start at 0, exported by their names. */
  readonly globals: readonly string[];
  readonly functions: readonly DefinedFunction[];
  /** Functions that the host may call. */
  readonly exported: readonly string[];
}

/** What travels with a module for whoever asks for it by name. */
export interface CustomSection {
  readonly name: string;
  readonly contents: Uint8Array;
}

const SECTIONS = { custom: 0, type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const KINDS = { function: 0, memory: 2, global: 3 } as const;

const ENVIRONMENT = "env";
const FUNCTION_TYPE = 0x60;
const SHARED_WITH_MOST = 0x03;
const NO_RESULT = 0x40;
const END = 0x0b;

/** Each signature once, and the number that it is known by. */
class Signatures {
  readonly all: Signature[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf({ params, result }: Signature): number {
    const key = `${params} ${result}`;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.all.push({ params, result }) - 1;
      this.numbers.set(key, number);
    }
    return number;
  }
}

export function encodeModule(parts: ModuleParts, custom: CustomSection): Uint8Array<ArrayBuffer> {
  const { memory, imports, globals, functions, exported } = parts;
  const signatures = new Signatures();
  const [given, own] = [imports, functions].map((all) => all.map((one) => signatures.numberOf(one)));
  const numbers = new Map([...imports, ...functions].map(({ name }, index) => [name, index]));
  const out = new Bytes();
  const section = (id: number, build: (inner: Bytes) => void): void => {
    out.add(id);
    out.sized(build);
  };
  out.add(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  section(SECTIONS.type, (s) =>
    s.list(signatures.all, ({ params, result }) => {
      s.add(FUNCTION_TYPE);
      for (const types of [params, result === null ? [] : [result]]) s.list(types, (type) => s.add(TYPES[type]));
    }),
  );
  section(SECTIONS.import, (s) => {
    s.unsigned(1 + imports.length);
    const named = (name: string, kind: number): void => {
      s.text(ENVIRONMENT);
      s.text(name);
      s.add(kind);
    };
    named(memory.name, KINDS.memory);
    s.add(SHARED_WITH_MOST, ...unsigned(memory.pages), ...unsigned(memory.mostPages));
    imports.forEach(({ name }, index) => {
      named(name, KINDS.function);
      s.unsigned(given![index]!);
    });
  });
  section(SECTIONS.function, (s) => s.list(own!, (signature) => s.unsigned(signature)));
  section(SECTIONS.global, (s) => s.list(globals, () => s.add(TYPES.i32, 1, 0x41, 0, END)));
  section(SECTIONS.export, (s) => {
    const all = [
      ...globals.map((name, index) => ({ name, kind: KINDS.global, index })),
      ...exported.map((name) => ({ name, kind: KINDS.function, index: numbers.get(name)! })),
    ];
    s.list(all, ({ name, kind, index }) => {
      s.text(name);
      s.add(kind, ...unsigned(index));
    });
  });
  section(SECTIONS.code, (s) => s.list(functions, (one) => s.sized((inner) => encodeFunction(inner, one, numbers))));
  section(SECTIONS.custom, (s) => {
    s.text(custom.name);
    s.all(custom.contents);
  });
  return Uint8Array.from(out.written);
}

type Of<K extends Instruction["kind"]> = Extract<Instruction, { kind: K }>;

function encodeFunction(out: Bytes, one: DefinedFunction, functions: ReadonlyMap<string, number>): void {
  const { name, params, locals, body } = one;
  const named = shared(body);
  const localOf = new Map<Named, number>(named.map((value, index) => [value, params.length + locals.length + index]));
  /** Labels of the blocks around, the innermost last; null for a branch of an if, which counts but has none. */
  const around: (string | null)[] = [];
  const within = (label: string | null, list: readonly Instruction[]): void => {
    around.push(label);
    list.forEach(write);
    around.pop();
  };
  const found = (number: number | undefined, what: string): number => {
    if (number === undefined || number < 0) throw new Error(`${name} uses ${what}, which is not there`);
    return number;
  };
  const WRITE: { readonly [K in Instruction["kind"]]: (one: Of<K>) => void } = {
    let: (named) => {
      const index = localOf.get(named);
      if (index !== undefined) write(local.set(index, named.value));
    },
    use: ({ of }) => {
      const index = localOf.get(of);
      write(index === undefined ? of.value : local.get(index));
    },
    plain: ({ code, operands }) => {
      operands.forEach(write);
      out.all(code);
    },
    call: (one) => {
      one.operands.forEach(write);
      out.add(0x10);
      out.unsigned(found(functions.get(one.name), `the function ${one.name}`));
    },
    branch: ({ code, label, operands }) => {
      operands.forEach(write);
      const at = found(around.lastIndexOf(label), `the label ${label}`);
      out.add(code);
      out.unsigned(around.length - 1 - at);
    },
    block: ({ code, label, body: inner }) => {
      out.add(code, NO_RESULT);
      within(label, inner);
      out.add(END);
    },
    if: ({ condition, then, otherwise }) => {
      write(condition);
      out.add(0x04, NO_RESULT);
      within(null, then);
      if (otherwise.length > 0) {
        out.add(0x05);
        within(null, otherwise);
      }
      out.add(END);
    },
  };
  function write(one: Instruction): void {
    (WRITE[one.kind] as (one: Instruction) => void)(one);
  }
  out.list(runsOf([...locals, ...named.map(({ type }) => type)]), ({ type, count }) => {
    out.unsigned(count);
    out.add(TYPES[type]);
  });
  body.forEach(write);
  out.add(END);
}

/** Locals of one type that follow one another. */
function runsOf(locals: readonly WasmType[]): readonly { readonly type: WasmType; readonly count: number }[] {
  const runs: { type: WasmType; count: number }[] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  return runs;
}

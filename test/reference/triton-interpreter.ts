/** Runs a generated Triton kernel in Triton's own interpreter, to compare with the CPU executor. See triton_interpreter.py. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { emitTriton, signatureOf } from "../../compiler/backends/triton/emit/index.js";
import { ensureEnvironment, type TritonConstant, type TritonType } from "../../compiler/backends/triton/index.js";
import { type Build, type Kernel, NO_PROMISES } from "../../compiler/ir/index.js";

export interface InterpretedDescriptor {
  readonly buffer: NodeJS.ArrayBufferView;
  readonly shape: readonly number[];
  /** In elements; the last must be 1. */
  readonly strides: readonly number[];
  readonly padding?: "zero" | "nan";
}

/** A table of 64-bit words: the addresses of some memory, and numbers behind them. */
export interface InterpretedTable {
  readonly addressesOf: readonly NodeJS.ArrayBufferView[];
  readonly more: readonly number[];
}

/** Memory for a pointer, memory with a shape for a descriptor, a value for a scalar. */
export type InterpretedArgument =
  | NodeJS.ArrayBufferView
  | InterpretedDescriptor
  | InterpretedTable
  | number
  | bigint
  | boolean;

export interface InterpretedRun {
  readonly source: string;
  readonly kernel: string;
  /** As in a TritonJob: `*bf16`, `i32`, `constexpr`, `tensordesc<bf16[64, 64]>`. bf16 memory holds bit patterns. */
  readonly signature: Readonly<Record<string, TritonType>>;
  /** By parameter name. One view given twice is one piece of memory. */
  readonly args: Readonly<Record<string, InterpretedArgument>>;
  readonly constants?: Readonly<Record<string, TritonConstant>>;
  readonly grid: readonly number[];
  readonly file?: string;
  /** Milliseconds. Default: 120,000; a program takes about one. */
  readonly timeout?: number;
}

/** The kernel raised an exception in the interpreter. */
export class InterpretationError extends Error {
  override readonly name = "InterpretationError";
  /** In the generated Python. */
  readonly line: number | undefined;
  readonly detail: string;
  constructor(message: string, line: number | undefined, detail: string) {
    super(message);
    this.line = line;
    this.detail = detail;
  }
}

/** Runs all programs of the grid, one after the other, and leaves in the given memory what they stored. */
export function runInTriton(run: InterpretedRun): Promise<void> {
  const mine = queue.then(() => execute(run));
  queue = mine.catch(() => {});
  return mine;
}

/** What a typed kernel does with arguments by the names that the kernel has for them. */
export function interpret(
  kernel: Kernel,
  build: Build,
  args: Readonly<Record<string, InterpretedArgument>>,
  grid: readonly number[],
): Promise<void> {
  const emitted = emitTriton(kernel);
  const { text, entry, parameters } = emitted;
  const { signature, constants } = signatureOf(kernel, build, NO_PROMISES, emitted);
  const named = Object.fromEntries(Object.entries(args).map(([name, value]) => [parameters.get(name) ?? name, value]));
  // As Triton's own job has them, constants are of more kinds than JSON has.
  return runInTriton({ source: text, kernel: entry, signature, args: named, constants: constants as never, grid });
}

let queue: Promise<void> = Promise.resolve();
let interpreter: Promise<Interpreter> | undefined;

async function execute(run: InterpretedRun): Promise<void> {
  interpreter ??= Interpreter.start();
  const { header, buffers } = request(run);
  const process = await interpreter;
  try {
    await process.run(header, buffers, run.timeout ?? 120_000);
  } finally {
    if (!process.alive) interpreter = undefined;
  }
}

function request({ source, kernel, signature, args, constants = {}, grid, file }: InterpretedRun) {
  const buffers: NodeJS.ArrayBufferView[] = [];
  const place = (buffer: NodeJS.ArrayBufferView) => {
    if (!buffers.includes(buffer)) buffers.push(buffer);
    return buffers.indexOf(buffer);
  };
  const parameters = Object.entries(signature).filter(([, type]) => type !== "constexpr");
  const header = {
    source,
    kernel,
    file: file ?? `${kernel}.triton.py`,
    constants,
    grid,
    arguments: Object.fromEntries(parameters.map(([name, type]) => [name, describe(name, type, args[name], place)])),
    sizes: buffers.map(({ byteLength }) => byteLength),
  };
  return { header, buffers };
}

function describe(
  name: string,
  type: TritonType,
  value: InterpretedArgument | undefined,
  place: (buffer: NodeJS.ArrayBufferView) => number,
): object {
  const block = /^tensordesc<(\w+)\[([^\]]*)\]>$/.exec(type);
  if (block && typeof value === "object" && "buffer" in value && "shape" in value) {
    const { buffer, shape, strides, padding = "zero" } = value;
    return {
      kind: "descriptor",
      buffer: place(buffer),
      dtype: block[1],
      block: block[2]!.split(",").map(Number),
      shape,
      strides,
      padding,
    };
  }
  if (type.startsWith("*") && typeof value === "object" && "addressesOf" in value)
    return { kind: "table", type, buffers: value.addressesOf.map(place), more: value.more };
  if (type.startsWith("*") && ArrayBuffer.isView(value)) return { kind: "pointer", type, buffer: place(value) };
  if (!block && !type.startsWith("*") && value !== undefined && typeof value !== "object") {
    return { kind: "scalar", type, value: String(typeof value === "boolean" ? Number(value) : value) };
  }
  throw new TypeError(`the argument ${name} does not suit its type ${type}`);
}

/** One Python child for all runs of this process. It does not keep Node running. */
class Interpreter {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #received: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  alive = true;

  private constructor(python: string) {
    this.#child = spawn(python, ["-I", "-B", fileURLToPath(new URL("./triton_interpreter.py", import.meta.url))], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdin.on("error", () => {});
    this.#child.stdout.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake?.();
    });
    for (const event of ["close", "error"]) {
      this.#child.once(event, () => {
        this.alive = false;
        this.#wake?.();
      });
    }
    this.#child.unref();
    (this.#child.stdin as Socket).unref();
    (this.#child.stdout as Socket).unref();
  }

  static async start(): Promise<Interpreter> {
    const { python } = await ensureEnvironment({ extras: ["test"] });
    return new Interpreter(python);
  }

  async run(header: object, buffers: readonly NodeJS.ArrayBufferView[], timeout: number): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), timeout);
    const output = this.#child.stdout as Socket;
    output.ref();
    try {
      this.#child.stdin.write(`${JSON.stringify(header)}\n`);
      for (const buffer of buffers) this.#child.stdin.write(bytesOf(buffer));
      const { sizes, error } = JSON.parse(await this.#line()) as Reply;
      if (error) throw new InterpretationError(error.message, error.line ?? undefined, error.detail);
      for (const [index, size] of sizes.entries()) bytesOf(buffers[index]!).set(await this.#bytes(size));
    } finally {
      clearTimeout(timer);
      output.unref();
    }
  }

  async #line(): Promise<string> {
    let end = this.#received.indexOf(0x0a);
    for (; end < 0; end = this.#received.indexOf(0x0a)) await this.#more();
    return this.#cut(end + 1).toString("utf8");
  }

  async #bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count) await this.#more();
    return this.#cut(count);
  }

  #cut(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  async #more(): Promise<void> {
    if (!this.alive)
      throw new InterpretationError("Triton's interpreter ended in the middle of a kernel", undefined, "");
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

interface Reply {
  readonly sizes: readonly number[];
  readonly error?: { readonly message: string; readonly line: number | null; readonly detail: string };
}

function bytesOf(view: NodeJS.ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

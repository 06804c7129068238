import type { Kernel } from "../ir/index.js";
import { layoutArguments } from "./argument-layout.js";
import { checkFinite } from "./checks/finite.js";
import { type Trace, traceLine } from "./checks/trace.js";
import { type CpuKernel, type CpuKernelInfo, INFO_SECTION, writeInfo } from "./cpu-kernel.js";
import { REACH } from "./emit/scalar-ops.js";
import { flatten } from "./flatten/flatten.js";
import { type Flat, walkSteps } from "./flatten/steps.js";
import { Aliases } from "./fuse/aliases.js";
import { chooseInlined } from "./fuse/decide.js";
import { findOrigins } from "./fuse/provenance.js";
import { KernelScope } from "./scope.js";
import { Statements } from "./statements.js";
import { FunctionBuilder } from "./wasm/function.js";
import { loadBinaryen, ModuleBuilder } from "./wasm/module.js";

export interface CompileOptions {
  /** Groups of pointer parameters whose buffers overlap in the launch at hand. Default: none do. */
  readonly aliased?: readonly (readonly string[])[];
  /** What is looked for while the kernel runs. Default: accesses out of bounds alone. */
  readonly checks?: KernelChecks;
}

export interface KernelChecks {
  /** Tells the host of each element that is read or written: see `TOUCH`. */
  readonly memory?: boolean;
  /** Ends the kernel at the first op that makes a NaN or an infinity of numbers. */
  readonly finite?: boolean;
  /** Tells the host the values on a line of the source. */
  readonly trace?: Trace;
}

/**
 * Compiles a specialised kernel to WebAssembly: tiles become loops over lanes of four, fused where their elements are used. Throws
 * ExecutorError for IR that breaks its invariants.
 */
export async function compileForCpu(kernel: Kernel, options: CompileOptions = {}): Promise<CpuKernel> {
  const { memory = false, finite = false, trace } = options.checks ?? {};
  const module = new ModuleBuilder(await loadBinaryen(), memory);
  const plain = flatten(trace ? traceLine(kernel, trace) : kernel);
  const flat = finite ? checkFinite(plain) : plain;
  const origins = findOrigins(flat, kernel.params);
  const aliases = new Aliases(options.aliased ?? []);
  const inlined = chooseInlined(flat, origins, aliases);
  const layout = layoutArguments(kernel);
  for (const axis of ["x", "y", "z"]) {
    module.m.addGlobal(axis, module.types.i32, true, module.m.i32.const(0));
    module.m.addGlobalExport(axis, axis);
  }
  const fb = new FunctionBuilder(module, "program", ["i32", "i32"], "none");
  const scope = new KernelScope(fb, kernel, layout, flat, origins, inlined);
  const host = {
    fb,
    env: scope,
    origins,
    aliases,
    frame: () => fb.get(fb.params[1]!),
    temporary: scope.temporary.bind(scope),
  };
  new Statements(host, scope, countAssignments(flat)).run(flat.steps);
  fb.finish();
  addRun(module);
  const info: CpuKernelInfo = {
    name: kernel.name,
    file: kernel.file,
    constants: kernel.constants ?? {},
    dtypes: kernel.dtypes,
    layout,
    frameBytes: scope.frameBytes,
    sites: scope.sites,
    ...(module.has(REACH) && { addresses: true as const }),
  };
  return { info, wasm: new Uint8Array(module.finish(INFO_SECTION, writeInfo(info))) };
}

/** `run(arguments, first, programs, frame)`: some programs of the grid, numbered with x running fastest. */
function addRun(module: ModuleBuilder): void {
  const fb = new FunctionBuilder(module, "run", ["i32", "i32", "i32", "i32"], "none");
  const { m } = fb;
  const [block, first, programs, frame] = fb.params.map((param) => () => fb.get(param)) as (() => number)[];
  const [width, height] = [0, 4].map((offset) => fb.hold("i32", m.i32.load(offset, 4, block!())));
  const index = fb.hold("i32", first!());
  const end = fb.hold("i32", m.i32.add(first!(), programs!()));
  fb.forever((done) => {
    fb.push(m.br_if(done, m.i32.ge_u(fb.get(index), fb.get(end))));
    const row = fb.hold("i32", m.i32.div_u(fb.get(index), fb.get(width!)));
    fb.push(m.global.set("x", m.i32.rem_u(fb.get(index), fb.get(width!))));
    fb.push(m.global.set("y", m.i32.rem_u(fb.get(row), fb.get(height!))));
    fb.push(m.global.set("z", m.i32.div_u(fb.get(row), fb.get(height!))));
    fb.push(module.call("program", [block!(), frame!()], "none"));
    fb.set(index, m.i32.add(fb.get(index), m.i32.const(1)));
  });
  fb.finish();
  m.addFunctionExport("run", "run");
}

function countAssignments(flat: Flat): Map<string, number> {
  const counts = new Map<string, number>();
  walkSteps(flat.steps, (step) => {
    if (step.kind === "assign") counts.set(step.name, (counts.get(step.name) ?? 0) + 1);
  });
  return counts;
}

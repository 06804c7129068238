import type { Kernel } from "../../../ir/index.js";
import type { ArgumentLayout } from "../argument-layout.js";
import type { AccessSite } from "../cpu-kernel.js";
import { REACH } from "../emit/nodes.js";
import type { ModuleParts } from "../encode/encode.js";
import { FunctionBuilder } from "../encode/function.js";
import { br_if, call, global, type Instruction, i32 } from "../encode/instructions.js";
import { ModuleBuilder } from "../encode/module.js";
import type { Fused } from "../fuse/fuse.js";
import { AXES, KernelScope } from "./scope.js";
import { Statements } from "./statements.js";

/** A kernel as functions of WebAssembly. */
export interface Program {
  readonly parts: ModuleParts;
  /** Scratch memory that one worker needs. */
  readonly frameBytes: number;
  readonly sites: readonly AccessSite[];
  /** It makes pointers from addresses. */
  readonly addresses?: true;
}

/** @param checked whether it tells the host of each element that it touches */
export function programOf(fused: Fused, kernel: Kernel, layout: ArgumentLayout, checked: boolean): Program {
  const module = new ModuleBuilder(checked);
  const fb = new FunctionBuilder(module, "program", ["i32", "i32"], null);
  const scope = new KernelScope(fb, kernel, layout, fused);
  const host = {
    fb,
    env: scope,
    origins: fused.origins,
    aliases: fused.aliases,
    frame: fb.params[1]!,
    temporary: scope.temporary.bind(scope),
  };
  new Statements(host, scope, fused.assignments).run(fused.steps);
  fb.finish();
  addRun(module);
  return {
    parts: module.finish(AXES, ["run"]),
    frameBytes: scope.frameBytes,
    sites: scope.sites,
    ...(module.has(REACH) && { addresses: true }),
  };
}

/** `run(arguments, first, programs, frame)`: some programs of the grid, numbered with x running fastest. */
function addRun(module: ModuleBuilder): void {
  const fb = new FunctionBuilder(module, "run", ["i32", "i32", "i32", "i32"], null);
  const [block, first, programs, frame] = fb.params.map((param) => () => fb.get(param)) as (() => Instruction)[];
  const [width, height] = [0, 4].map((offset) => fb.hold("i32", i32.load(offset, block!())));
  const index = fb.hold("i32", first!());
  const end = fb.hold("i32", i32.add(first!(), programs!()));
  fb.forever((done) => {
    fb.push(br_if(done, i32.ge_u(fb.get(index), fb.get(end))));
    const row = fb.hold("i32", i32.div_u(fb.get(index), fb.get(width!)));
    fb.push(global.set(AXES.indexOf("x"), i32.rem_u(fb.get(index), fb.get(width!))));
    fb.push(global.set(AXES.indexOf("y"), i32.rem_u(fb.get(row), fb.get(height!))));
    fb.push(global.set(AXES.indexOf("z"), i32.div_u(fb.get(row), fb.get(height!))));
    fb.push(call("program", block!(), frame!()));
    fb.set(index, i32.add(fb.get(index), i32.const(1)));
  });
  fb.finish();
}

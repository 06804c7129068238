import type { DType } from "../../../ir/index.js";
import { FunctionBuilder } from "../encode/function.js";
import { call, drop, f32x4, type Instruction, i32, i32x4 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { REPRESENTATION } from "../encode/representation.js";
import type { Access, Node } from "../lanes/node.js";
import { loadElement, storeElement } from "./memory.js";
import type { NodeEmitter } from "./nodes.js";

interface LaneVisit {
  readonly fb: FunctionBuilder;
  readonly lane: number;
  /** Address of the lane's element, already checked. */
  readonly address: () => Instruction;
}

/** A function that visits the lanes whose mask is set: (indices, mask, values, base, count, site) → a vector. */
function visitor(
  module: ModuleBuilder,
  name: string,
  bytes: number,
  visit: (at: LaneVisit, values: () => Instruction) => Instruction | null,
): string {
  const fail = module.imported("out_of_bounds", ["i32", "i32", "i32"], null);
  return module.once(name, () => {
    const fb = new FunctionBuilder(module, name, ["v128", "v128", "v128", "i32", "i32", "i32"], "v128");
    const [indices, mask, values, base, count, site] = fb.params.map(
      (param) => () => fb.get(param),
    ) as (() => Instruction)[];
    for (let lane = 0; lane < 4; lane++)
      fb.if(i32x4.extract_lane(mask!(), lane), () => {
        const index = fb.hold("i32", i32x4.extract_lane(indices!(), lane));
        fb.if(i32.ge_u(fb.get(index), count!()), () => fb.push(call(fail, site!(), base!(), fb.get(index))));
        const address = () => i32.add(base!(), i32.mul(fb.get(index), i32.const(bytes)));
        const next = visit({ fb, lane, address }, values!);
        if (next !== null) fb.set(fb.params[2]!, next);
      });
    fb.finish(values!());
  });
}

function callVisitor(
  e: NodeEmitter,
  name: string,
  access: Access,
  vectors: readonly Instruction[],
  level: number,
): Instruction {
  const rest = [e.scalar(access.from.base, level), e.scalar(access.from.count, level), i32.const(access.site)];
  return call(name, ...vectors, ...rest);
}

const operation = (fb: FunctionBuilder, dtype: DType) => ({ fb, module: fb.module, from: dtype, dtype });

/** Reads the lanes whose mask is set, each by itself; the others keep their value. */
export function gather(
  e: NodeEmitter,
  node: Node,
  indices: Instruction,
  mask: Instruction,
  others: Instruction,
): Instruction {
  const { access } = node.data as { access: Access };
  const { dtype } = node;
  const name = visitor(e.module, `gather_${dtype}`, access.bytes, ({ fb, lane, address }, values) => {
    const value = loadElement(operation(fb, dtype), dtype, address(), 0);
    if (REPRESENTATION[dtype] === "f32") return f32x4.replace_lane(values(), lane, value);
    return i32x4.replace_lane(values(), lane, dtype === "bool" ? i32.sub(i32.const(0), value) : value);
  });
  return callVisitor(e, name, access, [indices, mask, others], node.level);
}

/** Writes the lanes whose mask is set, in order. */
export function scatter(
  e: NodeEmitter,
  dtype: DType,
  access: Access,
  level: number,
  indices: Instruction,
  mask: Instruction,
  values: Instruction,
): void {
  const name = visitor(e.module, `scatter_${dtype}`, access.bytes, ({ fb, lane, address }, all) => {
    const float = REPRESENTATION[dtype] === "f32";
    const word = float ? f32x4.extract_lane(all(), lane) : i32x4.extract_lane(all(), lane);
    const value = dtype === "bool" ? i32.and(word, i32.const(1)) : word;
    storeElement(operation(fb, dtype), dtype, address(), 0, value);
    return null;
  });
  e.fb.push(drop(callVisitor(e, name, access, [indices, mask, values], level)));
}

import type { DType } from "../../ir/index.js";
import type { Access, Node } from "../lanes/node.js";
import { FunctionBuilder } from "../wasm/function.js";
import type { ModuleBuilder, Ref } from "../wasm/module.js";
import { REPRESENTATION } from "../wasm/representation.js";
import { loadElement, storeElement } from "./memory.js";
import type { NodeEmitter } from "./nodes.js";

interface LaneVisit {
  readonly fb: FunctionBuilder;
  readonly lane: number;
  /** Address of the lane's element, already checked. */
  readonly address: () => Ref;
}

/** A function that visits the lanes whose mask is set: (indices, mask, values, base, count, site) → a vector. */
function visitor(
  module: ModuleBuilder,
  name: string,
  bytes: number,
  visit: (at: LaneVisit, values: () => Ref) => Ref | null,
): string {
  const fail = module.imported("out_of_bounds", ["i32", "i32", "i32"], "none");
  return module.once(name, () => {
    const fb = new FunctionBuilder(module, name, ["v128", "v128", "v128", "i32", "i32", "i32"], "v128");
    const { m } = fb;
    const [indices, mask, values, base, count, site] = fb.params.map((param) => () => fb.get(param)) as (() => Ref)[];
    for (let lane = 0; lane < 4; lane++)
      fb.if(m.i32x4.extract_lane(mask!(), lane), () => {
        const index = fb.hold("i32", m.i32x4.extract_lane(indices!(), lane));
        fb.if(m.i32.ge_u(fb.get(index), count!()), () =>
          fb.push(module.call(fail, [site!(), base!(), fb.get(index)], "none")),
        );
        const address = () => m.i32.add(base!(), m.i32.mul(fb.get(index), m.i32.const(bytes)));
        const next = visit({ fb, lane, address }, values!);
        if (next !== null) fb.set(fb.params[2]!, next);
      });
    fb.finish(values!());
  });
}

function callVisitor(e: NodeEmitter, name: string, access: Access, vectors: readonly Ref[], level: number): Ref {
  const rest = [e.scalar(access.from.base, level), e.scalar(access.from.count, level), e.fb.m.i32.const(access.site)];
  return e.module.call(name, [...vectors, ...rest], "v128");
}

const operation = (fb: FunctionBuilder, dtype: DType) => ({ fb, module: fb.module, from: dtype, dtype });

/** Reads the lanes whose mask is set, each by itself; the others keep their value. */
export function gather(e: NodeEmitter, node: Node, indices: Ref, mask: Ref, others: Ref): Ref {
  const { access } = node.data as { access: Access };
  const { dtype } = node;
  const name = visitor(e.module, `gather_${dtype}`, access.bytes, ({ fb, lane, address }, values) => {
    const { m } = fb;
    const value = loadElement(operation(fb, dtype), dtype, address(), 0);
    if (REPRESENTATION[dtype] === "f32") return m.f32x4.replace_lane(values(), lane, value);
    return m.i32x4.replace_lane(values(), lane, dtype === "bool" ? m.i32.sub(m.i32.const(0), value) : value);
  });
  return callVisitor(e, name, access, [indices, mask, others], node.level);
}

/** Writes the lanes whose mask is set, in order. */
export function scatter(
  e: NodeEmitter,
  dtype: DType,
  access: Access,
  level: number,
  indices: Ref,
  mask: Ref,
  values: Ref,
): void {
  const name = visitor(e.module, `scatter_${dtype}`, access.bytes, ({ fb, lane, address }, all) => {
    const { m } = fb;
    const float = REPRESENTATION[dtype] === "f32";
    const word = float ? m.f32x4.extract_lane(all(), lane) : m.i32x4.extract_lane(all(), lane);
    const value = dtype === "bool" ? m.i32.and(word, m.i32.const(1)) : word;
    storeElement(operation(fb, dtype), dtype, address(), 0, value);
    return null;
  });
  e.fb.push(e.fb.m.drop(callVisitor(e, name, access, [indices, mask, values], level)));
}

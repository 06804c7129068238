import type { DType } from "../../../ir/index.js";
import { DTYPES } from "../../../ir/index.js";
import { TOUCH } from "../checks/touch.js";
import { checkElement, checkRun, hoistCheck } from "../emit/bounds.js";
import { scatter } from "../emit/gather.js";
import { elementPlace } from "../emit/loads.js";
import { allTrue } from "../emit/masks.js";
import { storeElement, storeElements } from "../emit/memory.js";
import { i32x4 } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { originsOf } from "../fuse/provenance.js";
import type { LaneBuilder } from "../lanes/build.js";
import { descriptorAccess, descriptorOf } from "../lanes/descriptors.js";
import { constantOf } from "../lanes/graph.js";
import type { Access, Node, Pointer } from "../lanes/node.js";
import { alignIndex, shapeOf } from "../lanes/shapes.js";
import type { OpExpr } from "../ops.js";
import { assignTile, copiesOf } from "./assign.js";
import { costOf } from "./cost.js";
import type { Host } from "./host.js";
import { loopsOver, type Nest, type NestBody, runNest } from "./nest.js";
import { stage } from "./stage.js";

interface Target {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Where an element goes, and whether it is stored. */
  place(builder: LaneBuilder, index: readonly Node[]): { at: Pointer; mask: Node | null };
}

/** Writes a tile through pointers. */
export function store(host: Host, expr: OpExpr): void {
  const ptr = expr.args.ptr!;
  const mask = expr.args.mask;
  const { type } = ptr;
  if (type.kind !== "tile") return;
  const target: Target = {
    shape: shapeOf(ptr),
    dtype: type.dtype,
    place: (builder, index) => {
      const needed = mask ? builder.build(mask, alignIndex(builder.graph, shapeOf(mask), index)) : null;
      return { at: builder.pointer(ptr, index), mask: needed };
    },
  };
  storeTile(host, expr, target, originsOf(ptr, host.origins));
}

/** Writes a block through a descriptor; what falls outside of the tensor is left out. */
export function storeDescriptor(host: Host, expr: OpExpr): void {
  const desc = descriptorOf(host, expr.args.desc!);
  const target: Target = {
    shape: desc.block,
    dtype: desc.dtype,
    place: (builder, index) => {
      const { at, inside } = descriptorAccess(builder, expr, index);
      return { at, mask: inside };
    },
  };
  storeTile(host, expr, target, originsOf(expr.args.desc!, host.origins));
}

function storeTile(host: Host, expr: OpExpr, target: Target, origins: ReadonlySet<string>): void {
  const value = expr.args.value!;
  const { shape, dtype } = target;
  const loops = loopsOver(shape, costOf(value, host.env));
  const plan = host.fb.module.checked ? { ...loops, lane: null, unroll: 1 } : loops;
  stage(host, expr, shape, plan.order);
  const describe = (nest: Nest): NestBody | null => {
    const work = copiesOf(nest, (index) => {
      const { builder } = nest;
      const { at, mask } = target.place(builder, index);
      const one = builder.convert(builder.build(value, alignIndex(nest.graph, shapeOf(value), index)), dtype);
      const needed = mask !== null && constantOf(mask) === 1 ? null : mask;
      const access: Access = {
        from: at.from,
        bytes: DTYPES[dtype].bytes,
        site: host.env.site(expr.op, at.from.params, expr.span),
      };
      return { at, mask: needed, value: one, access };
    });
    if (work.some((one) => readsOverwritten(host, one.value, one.at, origins))) return null;
    // A vector goes to one buffer.
    const isScattered = work.some(({ at }) => at.from.base.stride !== 0);
    const values = work.flatMap((one) => [
      one.value,
      ...(one.mask ? [one.mask] : []),
      ...(one.at.offset.stride === 1 ? [] : [one.at.offset]),
    ]);
    const emit = (): void => {
      for (const one of work)
        nest.at(nest.innermost, () =>
          (nest.vector ? storeVector : storeOne)(nest, dtype, one.access, one.at.offset, one.value, one.mask),
        );
    };
    return { values: isScattered ? null : values, emit };
  };
  if (runNest(host, plan, describe)) return;
  // A tile is loaded whole before it is stored: what the store would overwrite is read first.
  host.env.ahead.set(value, assignTile(host, value, null));
  runNest(host, plan, describe);
}

/** Whether the value reads memory that the store may have overwritten by then: any but the very element that is stored. */
function readsOverwritten(host: Host, value: Node, at: Pointer, origins: ReadonlySet<string>): boolean {
  const seen = new Set<Node>();
  const visit = (node: Node): boolean => {
    if (seen.has(node)) return false;
    seen.add(node);
    if (node.data?.kind === "access") {
      const { access } = node.data;
      const same = access.from.base === at.from.base && node.args[0] === at.offset;
      if (!same && host.aliases.overlap(new Set(access.from.params), origins)) return true;
    }
    return node.args.some(visit);
  };
  return visit(value);
}

type StoreOne = (nest: Nest, dtype: DType, access: Access, index: Node, value: Node, mask: Node | null) => void;

const storeOne: StoreOne = (nest, dtype, access, index, value, mask) => {
  const { emitter, innermost } = nest;
  const { fb } = emitter;
  const stored = fb.hold(REPRESENTATION[dtype], emitter.scalar(value, innermost));
  const write = (): void => {
    checkElement(emitter, access, index, innermost, TOUCH.write);
    const { base, offset } = elementPlace(emitter, access, index, innermost);
    storeElement(operation(nest, dtype), dtype, base, offset, fb.get(stored));
  };
  if (mask) fb.if(emitter.scalar(mask, innermost), write);
  else write();
};

const storeVector: StoreOne = (nest, dtype, access, index, value, mask) => {
  const { emitter, innermost } = nest;
  const { fb } = emitter;
  if (index.stride !== 1) {
    const masks = mask ? emitter.vector(mask, innermost) : emitter.ramp(0, -1);
    return scatter(
      emitter,
      dtype,
      access,
      innermost,
      emitter.vector(index, innermost),
      masks,
      emitter.vector(value, innermost),
    );
  }
  const stored = fb.hold("v128", emitter.vector(value, innermost));
  const writeAll = (): void => {
    const { base, offset } = elementPlace(emitter, access, index, innermost);
    storeElements(operation(nest, dtype), dtype, base, offset, fb.get(stored));
  };
  if (!mask) {
    if (!hoistCheck(emitter, access, index)) checkRun(emitter, access, index, innermost);
    writeAll();
    return;
  }
  const full = allTrue(emitter, mask, innermost);
  const masks = mask.stride === 0 ? null : fb.hold("v128", emitter.vector(mask, innermost));
  fb.if(
    full,
    () => {
      checkRun(emitter, access, index, innermost);
      writeAll();
    },
    masks === null
      ? undefined
      : () => {
          const indices = i32x4.add(i32x4.splat(emitter.scalar(index, innermost)), emitter.ramp(1, 0));
          scatter(emitter, dtype, access, innermost, indices, fb.get(masks), fb.get(stored));
        },
  );
};

const operation = (nest: Nest, dtype: DType) => ({
  fb: nest.emitter.fb,
  module: nest.emitter.module,
  from: dtype,
  dtype,
});

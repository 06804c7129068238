import { DTYPES, type DType } from "../../../ir/index.js";
import { TOUCH } from "../checks/touch.js";
import { type Instruction, i32, i32x4, NUMBERS, v128 } from "../encode/instructions.js";
import { BYTES, REPRESENTATION } from "../encode/representation.js";
import { linearForm } from "../lanes/graph.js";
import type { Access, Node } from "../lanes/node.js";
import { checkElement, checkRun, hoistCheck } from "./bounds.js";
import { gather } from "./gather.js";
import { allTrue } from "./masks.js";
import { gatherElements, loadElement, loadElements, type Place } from "./memory.js";
import type { NodeEmitter } from "./nodes.js";

/** Constants up to this far stand in the instruction: buffers start above it, so that the base alone cannot pass below zero. */
const FAR = 32768;

/** Where element `index` of a buffer lies. */
export function elementPlace(e: NodeEmitter, access: Access, index: Node, at: number): Place {
  const { terms, constant } = linearForm(index);
  const inside = constant > 0 && constant * access.bytes < FAR;
  const loose = e.graph.linear("i32", terms, inside ? 0 : constant);
  const address = e.graph.add(access.from.base, e.graph.scale(loose, access.bytes), "i32");
  return { base: e.scalar(address, at), offset: inside ? constant * access.bytes : 0 };
}

/** Where element `index` of a tile in the frame lies. */
export function slotPlace(e: NodeEmitter, slot: number, dtype: DType, index: Node, at: number): Place {
  const bytes = BYTES[REPRESENTATION[dtype]];
  const { terms, constant } = linearForm(index);
  const start = e.graph.local("i32", e.frame);
  const address = e.graph.add(start, e.graph.scale(e.graph.linear("i32", terms, 0), bytes));
  return { base: e.scalar(address, at), offset: slot + constant * bytes };
}

const slotOf = (node: Node): number => (node.data as { offset: number }).offset;

export function slotScalar(e: NodeEmitter, node: Node): Instruction {
  const { base, offset } = slotPlace(e, slotOf(node), node.dtype, node.args[0]!, node.level);
  const value = NUMBERS[REPRESENTATION[node.dtype]].load(offset, base);
  return node.dtype === "bool" ? i32.and(value, i32.const(1)) : value;
}

export function slotVector(e: NodeEmitter, node: Node): Instruction {
  const { fb } = e;
  const index = node.args[0]!;
  if (index.stride === 1) {
    const { base, offset } = slotPlace(e, slotOf(node), node.dtype, index, node.level);
    return v128.load(offset, base);
  }
  let result = e.ramp(0, 0);
  if (index.stride !== null) {
    const { base, offset } = slotPlace(e, slotOf(node), node.dtype, index, node.level);
    const start = fb.hold("i32", base);
    for (let lane = 0; lane < 4; lane++)
      result = v128.load32_lane(offset + lane * index.stride * 4, lane, fb.get(start), result);
    return result;
  }
  const indices = fb.hold("v128", i32x4.shl(e.vector(index, node.level), i32.const(2)));
  for (let lane = 0; lane < 4; lane++) {
    const address = i32.add(fb.get(e.frame), i32x4.extract_lane(fb.get(indices), lane));
    result = v128.load32_lane(slotOf(node), lane, address, result);
  }
  return result;
}

/** The operands of a load node: index, base and count, and with a mask also that and what is read where it is not set. */
export function partsOf(node: Node): { access: Access; index: Node; mask?: Node; other?: Node } {
  const { access } = node.data as { access: Access };
  const [index, , , mask, other] = node.args as [Node, Node, Node, Node?, Node?];
  return { access, index, mask, other };
}

export function loadScalar(e: NodeEmitter, node: Node): Instruction {
  const { fb } = e;
  const { access, index, mask, other } = partsOf(node);
  const operation = e.operation(node);
  const op = { ...operation, from: node.dtype };
  const read = (): Instruction => {
    checkElement(e, access, index, node.level, TOUCH.read);
    const { base, offset } = elementPlace(e, access, index, node.level);
    return loadElement(op, node.dtype, base, offset);
  };
  if (!mask) return read();
  const result = fb.local(REPRESENTATION[node.dtype]);
  const condition = e.scalar(mask, node.level);
  const fallback = e.scalar(other!, node.level);
  fb.if(
    condition,
    () => fb.set(result, read()),
    () => fb.set(result, fallback),
  );
  return fb.get(result);
}

/** One word of a tile or of memory in all lanes; null of other nodes, and of words that have to be checked one by one. */
export function splatOfWord(e: NodeEmitter, node: Node): Instruction | null {
  if (node.dtype === "bool" || BYTES[REPRESENTATION[node.dtype]] !== 4) return null;
  if (node.data?.kind === "slot") {
    const { base, offset } = slotPlace(e, slotOf(node), node.dtype, node.args[0]!, node.level);
    return v128.load32_splat(offset, base);
  }
  if (node.op !== "load" || node.args.length !== 3 || DTYPES[node.dtype].bytes !== 4) return null;
  const { access, index } = partsOf(node);
  if (e.module.checked || !hoistCheck(e, access, index)) return null;
  const { base, offset } = elementPlace(e, access, index, node.level);
  return v128.load32_splat(offset, base);
}

export function loadVector(e: NodeEmitter, node: Node): Instruction {
  const { fb } = e;
  const { access, index, mask, other } = partsOf(node);
  if (index.stride !== 1) {
    if (!mask && index.stride !== null && hoistCheck(e, access, index)) return readSteps(e, node, index.stride);
    const masks = mask ? e.vector(mask, node.level) : e.ramp(0, -1);
    const others = other ? e.vector(other, node.level) : e.ramp(0, 0);
    return gather(e, node, e.vector(index, node.level), masks, others);
  }
  if (!mask && hoistCheck(e, access, index)) return readRun(e, node);
  if (!mask || mask.stride === 0) return readTogether(e, e.runs.get(node) ?? [node], node);
  const result = fb.local("v128");
  const others = fb.hold("v128", e.vector(other!, node.level));
  const full = allTrue(e, mask, node.level);
  const lanes = fb.hold("v128", e.vector(mask, node.level));
  fb.if(
    full,
    () => {
      checkRun(e, access, index, node.level);
      fb.set(result, readRun(e, node));
    },
    () => {
      const indices = i32x4.add(i32x4.splat(e.scalar(index, node.level)), e.ramp(1, 0));
      fb.set(result, gather(e, node, indices, fb.get(lanes), fb.get(others)));
    },
  );
  return fb.get(result);
}

/** Four neighbours, already checked. */
function readRun(e: NodeEmitter, node: Node): Instruction {
  const { access, index } = partsOf(node);
  const { base, offset } = elementPlace(e, access, index, node.level);
  return loadElements({ ...e.operation(node), from: node.dtype }, node.dtype, base, offset);
}

/** Four elements at equal steps, already checked. */
function readSteps(e: NodeEmitter, node: Node, stride: number): Instruction {
  const { access, index } = partsOf(node);
  const { base, offset } = elementPlace(e, access, index, node.level);
  const start = e.fb.hold("i32", base);
  const at = [0, 1, 2, 3].map((lane): Place => {
    const apart = lane * stride * access.bytes;
    const near = apart >= 0 && apart + offset < FAR;
    return near
      ? { base: e.fb.get(start), offset: offset + apart }
      : { base: i32.add(e.fb.get(start), i32.const(apart)), offset };
  });
  return gatherElements({ ...e.operation(node), from: node.dtype }, node.dtype, at);
}

/** Neighbouring vectors under one condition and one check; gives the one that is asked for and keeps the others. */
function readTogether(e: NodeEmitter, run: readonly Node[], wanted: Node): Instruction {
  const { fb } = e;
  const { access, index, mask, other } = partsOf(run[0]!);
  const { level } = wanted;
  const locals = run.map(() => fb.local("v128"));
  const read = (): void => {
    checkRun(e, access, index, level, 4 * run.length);
    locals.forEach((local, at) => {
      fb.set(local, readRun(e, run[at]!));
    });
  };
  if (!mask) read();
  else {
    const others = fb.hold("v128", e.vector(other!, level));
    const leave = (): void => {
      for (const local of locals) fb.set(local, fb.get(others));
    };
    fb.if(e.scalar(mask, level), read, leave);
  }
  run.forEach((node, at) => {
    e.keep(node, locals[at]!);
  });
  return fb.get(locals[run.indexOf(wanted)]!);
}

/** Groups loads that follow one another in memory under the same condition. */
export function neighbouringRuns(loads: Iterable<Node>): Map<Node, readonly Node[]> {
  const families = new Map<string, Node[]>();
  for (const node of loads) {
    const { access, index, mask, other } = partsOf(node);
    if (index.stride !== 1 || (mask && mask.stride !== 0)) continue;
    const terms = [...linearForm(index).terms].map(([term, factor]) => `${term.id}*${factor}`);
    const key = [node.dtype, access.site, access.from.base.id, mask?.id, other?.id, node.level, ...terms].join(" ");
    families.set(key, [...(families.get(key) ?? []), node]);
  }
  const start = (node: Node): number => linearForm(partsOf(node).index).constant;
  const runs = new Map<Node, readonly Node[]>();
  for (const family of families.values()) {
    family.sort((a, b) => start(a) - start(b));
    const consecutive = family.every((node, at) => at === 0 || start(node) === start(family[at - 1]!) + 4);
    if (consecutive && family.length > 1) for (const node of family) runs.set(node, family);
  }
  return runs;
}
